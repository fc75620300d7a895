#include "core/adapters/mongo/stores.h"
