#include "core/adapters/redis/commit_plan.h"

#include "core/adapters/redis/row_codec.h"
#include "core/adapters/redis/scripts.h"

#include <algorithm>

namespace cqrs::redis {
namespace {

constexpr std::string_view kAddSorted = "ZADD";
constexpr std::string_view kRemoveSorted = "ZREM";

// "w2n:oak": the class, then the word.
std::string_view class_of(std::string_view key) { return key.substr(1, key.find(':') - 1); }
std::string_view word_of(std::string_view key) { return key.substr(key.find(':') + 1); }

}  // namespace

void CommitPlan::Group::add(std::int64_t score, std::string_view text) {
  members_.push_back({score, texts_.size(), text.size()});
  texts_ += text;
}

std::size_t CommitPlan::Group::bytes() const {
  constexpr std::size_t kFraming = 32;  // of a score and a text
  return texts_.size() + members_.size() * kFraming;
}

void CommitPlan::Group::finish(Request& transaction, const Joined& key) {
  const bool scored = command_ == kAddSorted;
  if (scored || command_ == kRemoveSorted) {
    std::sort(members_.begin(), members_.end(), [this](const Member& a, const Member& b) {
      return a.score != b.score ? a.score < b.score : text(a) < text(b);
    });
  }
  Arguments arguments;
  arguments.reserve(bytes());
  for (const auto& member : members_) {
    if (scored) arguments.add(member.score);
    arguments.add(text(member));
  }
  transaction.command_with(arguments, command_, key);
}

CommitPlan::Group& CommitPlan::group(Groups& groups, std::string_view command,
                                     std::string_view key) {
  const auto found = groups.find(key);
  return found != groups.end() ? found->second : groups.emplace(key, command).first->second;
}

void CommitPlan::add(const EntryView& entry) {
  if (entry.key.starts_with("u3:")) {
    rows_.command(kAddSorted, Joined{keys_.root(), entry.key}, entry.score, entry.member);
    return;
  }
  if (entry.kind == EntryKind::kSorted) {
    group(added_, kAddSorted, entry.key).add(entry.score, entry.member);
    return;
  }
  Group& members = group(added_, "SADD", entry.key);
  const bool new_word = entry.kind == EntryKind::kWord && members.is_empty();
  members.add(0, entry.member);
  if (new_word) {
    group(added_, kAddSorted, dictionary_key(class_of(entry.key))).add(0, word_of(entry.key));
  }
}

void CommitPlan::take_out(const IndexEntry& entry) {
  const bool sorted = entry.kind == EntryKind::kSorted;
  Group& members = group(removed_, sorted ? kRemoveSorted : "SREM", entry.key);
  const bool first = entry.kind == EntryKind::kWord && members.is_empty();
  members.add(0, entry.member);
  if (!first) return;
  forgotten_[dictionary_key(class_of(entry.key))].add(keys_.of(entry.key)).add(word_of(entry.key));
}

// All entries are written, not only what is new: one that got lost comes back with the next
// version.
Status CommitPlan::put(const ViewRow* before, const ViewRow& row) {
  if (before != nullptr) {
    CQRS_TRY(put_in_place(*before, row));
  } else {
    CQRS_TRY(each_index_entry(row, [this](const EntryView& entry) { add(entry); }));
  }
  const RowHead head = pack_head(row);
  rows_.command("HSET", Joined{keys_.root(), Keys::row_name(row.key)}, row.key.id.view(),
                Joined{{head.data(), head.size()}, row.body});
  return {};
}

Status CommitPlan::put_in_place(const ViewRow& before, const ViewRow& row) {
  auto entries = index_entries(row);
  if (!entries) return entries.error();
  for (const auto& entry : *entries) add({entry.kind, entry.key, entry.member, entry.score});
  auto old = index_entries(before);
  if (!old) return old.error();
  for (const auto& entry : *old) {
    const bool stays = std::any_of(entries->begin(), entries->end(), [&](const auto& other) {
      return other.key == entry.key && other.member == entry.member;
    });
    if (!stays) take_out(entry);
  }
  return {};
}

Status CommitPlan::remove(const ViewRow& before) {
  auto old = index_entries(before);
  if (!old) return old.error();
  for (const auto& entry : *old) take_out(entry);
  rows_.command("HDEL", keys_.row(before.key), before.key.id.view());
  return {};
}

void CommitPlan::park(const ParkedEvent& parked) {
  const std::string key = packed_key(parked.event.stream);
  std::string field = key;
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    field += static_cast<char>(static_cast<std::uint64_t>(parked.event.version) >> (shift - 8));
  }
  std::string value = parked.reason;
  value += '\n';
  append_cloud_event(value, parked.event);
  rows_.command("HSETNX", keys_.parked(), field, value);
  rows_.command("SADD", keys_.parked_keys(), key);
}

void CommitPlan::finish(Request& transaction) {
  constexpr std::size_t kFraming = 128;  // of a command, its name and its key
  std::size_t bytes = transaction.bytes().size() + rows_.bytes().size() + 8 * kFraming;
  for (const Groups* groups : {&removed_, &added_}) {
    for (const auto& [key, group] : *groups) bytes += group.bytes() + key.size() + kFraming;
  }
  transaction.reserve(bytes);
  transaction.append(rows_);
  for (Groups* groups : {&removed_, &added_}) {
    for (auto& [key, group] : *groups) group.finish(transaction, {keys_.root(), key});
  }
  // When it is known which sets are empty. By its text: a script that the server does not know by
  // its hash would fail amid the transaction, which goes on all the same.
  for (const auto& [key, words] : forgotten_) {
    transaction.command_with(words, "EVAL", kForget.text, std::int64_t{1}, keys_.of(key));
  }
}

}  // namespace cqrs::redis
