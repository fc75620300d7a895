// One partition as a reader has it.
#pragma once

#include "core/adapters/kafka/place.h"

#include <librdkafka/rdkafka.h>

#include <string>

namespace cqrs::kafka {

struct Partition {
  std::string name;  // "cqrs.user/3", for people
  rd_kafka_topic_t* topic = nullptr;
  int number = 0;
  Place place;
  bool started = false;
  bool prove = false;  // the next record must be the one before the place
  bool fresh = false;  // started, and nothing was read since
};

}  // namespace cqrs::kafka
