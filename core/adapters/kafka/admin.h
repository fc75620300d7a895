// One call to the administration of a cluster, and what is known of the topics there.
#pragma once

#include "core/adapters/kafka/client.h"

#include <array>
#include <string>
#include <vector>

namespace cqrs::kafka {

inline constexpr std::chrono::milliseconds kAdminWait{20'000};

[[nodiscard]] Result<Owned<rd_kafka_t>> open_admin(const Options& options);

// What one call to the administration of a cluster needs, and where its answer arrives.
class AdminCall {
 public:
  AdminCall(rd_kafka_t* client, rd_kafka_admin_op_t operation)
      : options_(rd_kafka_AdminOptions_new(client, operation)), queue_(rd_kafka_queue_new(client)) {
    std::array<char, 256> why{};
    (void)rd_kafka_AdminOptions_set_request_timeout(
        options_.get(), static_cast<int>(kAdminWait.count()), why.data(), why.size());
  }
  [[nodiscard]] const rd_kafka_AdminOptions_t* options() const { return options_.get(); }
  [[nodiscard]] rd_kafka_queue_t* queue() const { return queue_.get(); }

  [[nodiscard]] Result<Owned<rd_kafka_event_t>> answer(const std::string& what) const {
    Owned<rd_kafka_event_t> event(
        rd_kafka_queue_poll(queue_.get(), static_cast<int>(2 * kAdminWait.count())));
    if (event == nullptr) return unavailable(what, "no answer");
    if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return unavailable(what, rd_kafka_event_error_string(event.get()));
    }
    return event;
  }

 private:
  Owned<rd_kafka_AdminOptions_t> options_;
  Owned<rd_kafka_queue_t> queue_;
};

// Those of the prefix that exist, by name, without settings and records.
[[nodiscard]] std::vector<TopicState> topic_states(const rd_kafka_metadata_t& metadata,
                                                   const Options& options);
// Fills in the settings.
[[nodiscard]] Status read_settings(rd_kafka_t* client, std::vector<TopicState>& topics);

// Fills in the number of records: every partition has answered then.
[[nodiscard]] Status count_records(rd_kafka_t* client, std::vector<TopicState>& topics);

}  // namespace cqrs::kafka
