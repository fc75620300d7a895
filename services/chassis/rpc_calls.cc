#include "services/chassis/rpc_calls.h"

#include "core/base/crypto.h"

#include <string>
#include <utility>

namespace cqrs::rpc {
namespace {

constexpr std::size_t kKeptBody = 4096;  // larger ones give their memory back

}  // namespace

void CallTable::give_id(Slot& slot) {
  if (++slot.generation == 0) slot.generation = 1;
  slot.message->set_id(std::uint64_t{slot.generation} << 32U | slot.place);
}

OpenCall& CallTable::add() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back().place = free_.back();
    slots_.back().message = std::make_unique<api::Call>();
  }
  Slot& slot = slots_[free_.back()];
  free_.pop_back();
  slot.used = true;
  slot.link = nullptr;
  slot.sendings = 0;
  slot.before = last_;
  slot.after = kEnd;
  (last_ == kEnd ? first_ : slots_[last_].after) = slot.place;
  last_ = slot.place;
  ++size_;
  return slot;
}

OpenCall* CallTable::find(std::uint64_t id) {
  const std::uint64_t place = id & 0xffffffffU;
  if (place >= slots_.size()) return nullptr;
  Slot& slot = slots_[place];
  return slot.used && slot.generation == id >> 32U ? &slot : nullptr;
}

void CallTable::renew(OpenCall& call) { give_id(static_cast<Slot&>(call)); }

void CallTable::remove(OpenCall& call) {
  auto& slot = static_cast<Slot&>(call);
  CQRS_CHECK(slot.used);
  slot.used = false;
  (slot.before == kEnd ? first_ : slots_[slot.before].after) = slot.after;
  (slot.after == kEnd ? last_ : slots_[slot.after].before) = slot.before;
  if (!slot.message->body().empty()) {
    std::string& body = *slot.message->mutable_body();
    wipe(body);  // may hold a password
    if (body.capacity() > kKeptBody) std::string().swap(body);
  }
  free_.push_back(slot.place);
  --size_;
}

OpenCall* CallTable::oldest() { return first_ == kEnd ? nullptr : &slots_[first_]; }

std::vector<std::uint64_t> CallTable::ids() const {
  std::vector<std::uint64_t> ids;
  ids.reserve(size_);
  for (std::uint32_t at = first_; at != kEnd; at = slots_[at].after) {
    ids.push_back(slots_[at].message->id());
  }
  return ids;
}

}  // namespace cqrs::rpc
