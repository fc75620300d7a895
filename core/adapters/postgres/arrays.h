// Arrays as statement parameters in PostgreSQL's binary form: whatever a text holds, there is
// nothing to escape, and the server has nothing to parse.
#pragma once

#include "core/base/uuid.h"

#include <pqxx/binarystring>
#include <pqxx/nontransaction>
#include <pqxx/prepared_statement>
#include <pqxx/result>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs::postgres {

// The object ids of the element types, which are the same in every server.
enum class Element : std::uint32_t {
  kBool = 16,
  kBytes = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kUuid = 2950,
};

// One array of `count` elements, each of which must then be added.
class Array {
 public:
  Array(Element element, std::size_t count);

  // For the integers and kBool; the value must fit.
  void add(std::int64_t value);
  // For kText and kBytes.
  void add(std::string_view bytes);
  void add(const Uuid& id) { add(id.view()); }

  [[nodiscard]] const std::string& bytes() const& { return bytes_; }
  [[nodiscard]] std::string bytes() && { return std::move(bytes_); }

 private:
  void append(std::uint64_t value, int width);  // big-endian
  std::string bytes_;
  int width_;  // of an integer
};

// The parameters of one statement, in order: $1, $2 …
class Parameters {
 public:
  // An array made from `rows`, one element each: `of(row)` gives what Array::add() takes.
  template <class Rows, class Of>
  void add(Element element, const Rows& rows, Of&& of) {
    Array array(element, rows.size());
    for (const auto& row : rows) array.add(of(row));
    values_.push_back(std::move(array).bytes());
  }
  void add(Array array) { values_.push_back(std::move(array).bytes()); }

  [[nodiscard]] const std::vector<std::string>& values() const { return values_; }

  pqxx::result execute(pqxx::nontransaction& session, const char* statement) const {
    std::vector<pqxx::binarystring> binary(values_.begin(), values_.end());
    return session.exec_prepared(statement, pqxx::prepare::make_dynamic_params(binary));
  }

 private:
  std::vector<std::string> values_;
};

}  // namespace cqrs::postgres
