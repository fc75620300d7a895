#include "cli/target/id_table.h"

#include <charconv>
#include <cstring>
#include <fstream>
#include <unistd.h>

namespace cqrs::target {
namespace {

constexpr std::string_view kHeader = "cqrs-foreign-ids 1\n";
constexpr std::uint64_t kMostIndex = 1'000'000'000;

// By the errno of the call that failed.
Error file_error(const std::string& path) {
  return make_error(ErrorCode::kUnavailable, path + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<IdTable>> IdTable::open(const std::string& path, bool writable) {
  std::unique_ptr<IdTable> table(new IdTable(path));
  CQRS_TRY(table->load());
  if (!writable) return table;
  // A torn tail goes first: what is appended must not continue it.
  if (::truncate(path.c_str(), static_cast<off_t>(table->whole_bytes_)) != 0 && errno != ENOENT) {
    return file_error(path);
  }
  table->file_ = std::fopen(path.c_str(), "ae");
  if (table->file_ == nullptr) return file_error(path);
  if (table->whole_bytes_ == 0) {
    std::fwrite(kHeader.data(), 1, kHeader.size(), table->file_);
    CQRS_TRY(table->sync());
  }
  return table;
}

IdTable::~IdTable() {
  if (file_ != nullptr) std::fclose(file_);
}

Status IdTable::load() {
  std::ifstream file(path_, std::ios::binary);
  if (!file) return {};
  std::string line;
  while (std::getline(file, line) && !file.eof()) {
    const bool first = whole_bytes_ == 0;
    whole_bytes_ += line.size() + 1;
    if (first) {
      if (line + "\n" == kHeader) continue;
      return make_error(ErrorCode::kCorrupt, path_ + " is no table of foreign ids");
    }
    int kind = 0;
    std::uint64_t index = 0;
    const char* const end = line.data() + line.size();
    auto read = std::from_chars(line.data(), end, kind);
    if (read.ec == std::errc() && read.ptr != end) {
      read = std::from_chars(read.ptr + 1, end, index);
    }
    const auto known = kind_from_number(kind);
    if (read.ec != std::errc() || read.ptr == end || !known || index > kMostIndex) {
      return make_error(ErrorCode::kCorrupt,
                        path_ + " is damaged before byte " + std::to_string(whole_bytes_));
    }
    keep(*known, index, {read.ptr + 1, static_cast<std::size_t>(end - read.ptr - 1)});
  }
  return {};
}

void IdTable::keep(Kind kind, std::uint64_t index, std::string_view id) {
  auto& places = places_[kind_index(kind)];
  if (places.size() <= index) places.resize(index + 1);
  places[index] = text_.size() + 1;
  text_ += static_cast<char>(id.size());
  text_ += id;
}

std::string_view IdTable::at(Kind kind, std::uint64_t index) const {
  const auto& places = places_[kind_index(kind)];
  if (index >= places.size() || places[index] == 0) return {};
  const std::size_t place = places[index] - 1;
  return {text_.data() + place + 1, static_cast<unsigned char>(text_[place])};
}

Status IdTable::set(Kind kind, std::uint64_t index, std::string_view id) {
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte != 0x7F) continue;
    return invalid("id", "the system gave an id with a blank or a control character in it");
  }
  if (id.empty() || id.size() > kMostIdBytes || index > kMostIndex) {
    return invalid("id", "the system gave an id of " + std::to_string(id.size()) +
                             " bytes: 1 to 200 can be kept");
  }
  const std::lock_guard lock(mutex_);
  if (at(kind, index) == id) return {};
  keep(kind, index, id);
  if (file_ == nullptr) return {};
  const std::string line = std::to_string(static_cast<int>(kind)) + " " + std::to_string(index) +
                           " " + std::string(id) + "\n";
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size()) return file_error(path_);
  return {};
}

bool IdTable::append(std::string& out, Kind kind, std::uint64_t index) const {
  const std::lock_guard lock(mutex_);
  const auto id = at(kind, index);
  out += id;
  return !id.empty();
}

Status IdTable::sync() {
  const std::lock_guard lock(mutex_);
  if (file_ == nullptr) return {};
  if (std::fflush(file_) != 0 || ::fdatasync(::fileno(file_)) != 0) return file_error(path_);
  return {};
}

void IdTable::each(
    Kind kind, const std::function<void(std::uint64_t index, std::string_view id)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (std::uint64_t index = 0; index < places_[kind_index(kind)].size(); ++index) {
    if (const auto id = at(kind, index); !id.empty()) visit(index, id);
  }
}

}  // namespace cqrs::target
