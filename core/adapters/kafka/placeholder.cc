#include "core/adapters/kafka/log.h"
