/* What the keeper has in common with the daemon's own program: on what terms a process of a workload begins, and how
   processes are read from /proc. */
#include "../../Shared/CProcess/become.c"
#include "../../Shared/CProcess/env_file.c"
#include "../../Shared/CProcess/exec_failure.c"
#include "../../Shared/CProcess/proc.c"
