#include "core/adapters/redis/stores.h"
