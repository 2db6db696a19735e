import GRDB
import Hummingbird
import Logging
