#include "core/adapters/postgres/arrays.h"

namespace cqrs::postgres {
namespace {

int width_of(Element element) {
  switch (element) {
    case Element::kBool:
      return 1;
    case Element::kInt2:
      return 2;
    case Element::kInt4:
      return 4;
    case Element::kInt8:
      return 8;
    case Element::kBytes:
    case Element::kText:
    case Element::kUuid:
      return 0;
  }
  return 0;
}

}  // namespace

// The number of dimensions, whether there are nulls, the type; then per dimension its size and the
// first subscript. Without elements there is no dimension.
Array::Array(Element element, std::size_t count) : width_(width_of(element)) {
  append(count == 0 ? 0 : 1, 4);
  append(0, 4);
  append(static_cast<std::uint64_t>(element), 4);
  if (count == 0) return;
  append(count, 4);
  append(1, 4);
}

void Array::add(std::int64_t value) {
  append(static_cast<std::uint64_t>(width_), 4);
  append(static_cast<std::uint64_t>(value), width_);
}

void Array::add(std::string_view bytes) {
  append(bytes.size(), 4);
  bytes_ += bytes;
}

void Array::append(std::uint64_t value, int width) {
  for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
    bytes_ += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU);
  }
}

}  // namespace cqrs::postgres
