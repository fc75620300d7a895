#include "cli/faults/link_json.h"

namespace cqrs {
namespace {

constexpr std::uint64_t kMostMilliseconds = 600'000;
constexpr std::uint64_t kMostBytes = 1'000'000'000'000;

Result<bool> flag_of(const std::string& name, const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  return invalid(name, name + " must be true or false");
}

Result<std::uint64_t> number_of(const std::string& name, const Json& value, std::uint64_t most) {
  const bool whole = value.is_number_integer() && value >= 0;
  if (whole && value.get<std::uint64_t>() <= most) return value.get<std::uint64_t>();
  return invalid(name, name + " must be a whole number from 0 to " + std::to_string(most));
}

template <class T, class From>
Status take(T& into, const Result<From>& from) {
  if (!from) return from.error();
  into = T(*from);
  return {};
}

Status take_member(LinkFaults& faults, const std::string& name, const Json& value) {
  using Milliseconds = std::chrono::milliseconds;
  if (name == "requests_frozen") return take(faults.requests_frozen, flag_of(name, value));
  if (name == "answers_frozen") return take(faults.answers_frozen, flag_of(name, value));
  if (name == "refused") return take(faults.refused, flag_of(name, value));
  if (name == "delay_ms" || name == "jitter_ms") {
    auto& into = name == "delay_ms" ? faults.delay : faults.jitter;
    auto number = number_of(name, value, kMostMilliseconds);
    if (number) into = Milliseconds(static_cast<Milliseconds::rep>(*number));
    return number ? Status() : Status(number.error());
  }
  if (name == "bytes_per_second") {
    return take(faults.bytes_per_second, number_of(name, value, kMostBytes));
  }
  if (name == "slice") return take(faults.slice, number_of(name, value, kMostBytes));
  if (name == "reset_after") return take(faults.reset_after, number_of(name, value, kMostBytes));
  return invalid(name, "a link has no " + name);
}

}  // namespace

Json json_of(const LinkFaults& faults) {
  return {{"requests_frozen", faults.requests_frozen},
          {"answers_frozen", faults.answers_frozen},
          {"refused", faults.refused},
          {"delay_ms", faults.delay.count()},
          {"jitter_ms", faults.jitter.count()},
          {"bytes_per_second", faults.bytes_per_second},
          {"slice", faults.slice},
          {"reset_after", faults.reset_after}};
}

Result<LinkFaults> link_faults_of(const Json& json) {
  if (!json.is_object()) return invalid("", "the body must be a JSON object");
  LinkFaults faults;
  for (const auto& [name, value] : json.items()) CQRS_TRY(take_member(faults, name, value));
  return faults;
}

}  // namespace cqrs
