/* What a process of a workload gets is decided in files that the daemon's own program is made of too. */
#include "../../Shared/CProcess/become.c"
#include "../../Shared/CProcess/env_file.c"
