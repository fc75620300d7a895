#include "core/adapters/postgres/stores.h"
