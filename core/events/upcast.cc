#include "core/events/upcast.h"

#include <algorithm>
#include <array>

namespace cqrs {
namespace {

// Version 1 told only the new price.
void price_changed_from_1(ObjectReader& old, std::string& out) {
  JsonObject object(out);
  object.raw("fromMinor", "null").number("toMinor", old.integer("priceMinor"));
  object.close();
}

constexpr std::array<Upcaster, 1> kUpcasters{{
    {"product.price_changed", 1, price_changed_from_1},
}};

const Upcaster* find_step(std::span<const Upcaster> steps, std::string_view type, int from) {
  const auto at = std::find_if(steps.begin(), steps.end(), [&](const Upcaster& step) {
    return step.from == from && step.type == type;
  });
  return at == steps.end() ? nullptr : &*at;
}

Error corrupt(std::string_view type, int version, const Error& cause) {
  return make_error(ErrorCode::kCorrupt,
                    "data of " + std::string(type) + " in version " + std::to_string(version) +
                        ": " + cause.message,
                    cause.field);
}

}  // namespace

std::span<const Upcaster> upcasters() { return kUpcasters; }

int present_schema_version(std::string_view type, std::span<const Upcaster> steps) {
  int version = 1;
  for (const auto& step : steps) {
    if (step.type == type) version = std::max(version, step.from + 1);
  }
  return version;
}

Result<std::string> upcast(std::string_view type, int version, std::string_view data,
                           std::span<const Upcaster> steps) {
  std::string present(data);
  while (const Upcaster* step = find_step(steps, type, version)) {
    auto document = parse_json(present);
    if (!document) return corrupt(type, version, document.error());
    ObjectReader old(document->root());
    std::string next;
    step->rewrite(old, next);
    if (auto status = old.finish_lenient(); !status) return corrupt(type, version, status.error());
    present = std::move(next);
    ++version;
  }
  return present;
}

}  // namespace cqrs
