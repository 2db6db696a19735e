import Mustache
import GRDB
import Hummingbird
