#include "services/query/list_params.h"

#include "core/domain/order/order.h"
#include "core/read/search_cache.h"

#include <charconv>

namespace cqrs {
namespace {

constexpr std::size_t kWordsMax = 200;  // characters
constexpr std::int64_t kPageNumberMax = 1'000'000'000;

Error bad(const char* name, const std::string& what) {
  return invalid(name, std::string(name) + " " + what);
}

// How many characters; nothing when it is no UTF-8.
std::optional<std::size_t> utf8_length(std::string_view text) {
  std::size_t length = 0;
  for (std::size_t at = 0; at < text.size(); ++length) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(at);
    const std::size_t more = first < 0x80                     ? 0
                             : first >= 0xC2 && first < 0xE0  ? 1
                             : first >= 0xE0 && first < 0xF0  ? 2
                             : first >= 0xF0 && first <= 0xF4 ? 3
                                                              : text.size();
    if (at + more >= text.size()) return std::nullopt;
    for (std::size_t i = at + 1; i <= at + more; ++i) {
      if ((byte(i) & 0xC0U) != 0x80) return std::nullopt;
    }
    at += 1 + more;
  }
  return length;
}

class Reader {
 public:
  Reader(const http::Request& request, Kind kind) : request_(request), kind_(kind) {
    list_.query.kind = kind;
  }

  Result<ListParams> read() {
    CQRS_TRY(read_filters());
    CQRS_TRY(read_order());
    CQRS_TRY(read_place());
    if (wished_) params_.sorted = std::move(list_);
    return std::move(params_);
  }

 private:
  // The value, noted as a wish beyond the plain list. Error when `here` is false: better than a
  // filter that silently filters nothing.
  Result<std::optional<std::string>> wish(const char* name, bool here, const char* where) {
    auto value = http::query_value(request_, name);
    if (value && !here) return bad(name, std::string("is for lists of ") + where + " only");
    wished_ = wished_ || value.has_value();
    return value;
  }

  Status read_filters() {
    const bool order = kind_ == Kind::kOrder;
    auto words = wish("q", !order, "users and products");
    if (!words) return words.error();
    if (*words) CQRS_TRY(read_words(**words));
    auto active = wish("active", !order, "users and products");
    if (!active) return active.error();
    if (*active && **active != "true" && **active != "false") {
      return bad("active", "must be true or false");
    }
    if (*active) list_.query.active = **active == "true";
    auto user = wish("userId", order, "orders");
    if (!user) return user.error();
    if (*user) {
      list_.query.user = parse_uuid(**user);
      if (!list_.query.user) return bad("userId", "must be a UUID");
    }
    auto status = wish("status", order, "orders");
    if (!status) return status.error();
    if (*status && !parse_status(**status)) {
      return bad("status", "must be the status of an order, like PENDING or CONFIRMED");
    }
    list_.query.status = status->value_or(std::string());
    return {};
  }

  Status read_words(const std::string& text) {
    const auto length = utf8_length(text);
    if (!length) return bad("q", "must be UTF-8");
    list_.query.words = normalised_words(text);
    if (list_.query.words.empty()) return bad("q", "is empty: give at least one letter or digit");
    if (*length > kWordsMax) {
      return bad("q", "has " + std::to_string(*length) + " characters: give at most " +
                          std::to_string(kWordsMax));
    }
    return {};
  }

  Status read_order() {
    const bool ranked = kind_ == Kind::kProduct && !list_.query.words.empty();
    auto sort = wish("sort", true, "");
    if (!sort) return sort.error();
    if (ranked) list_.query.sort = SortKey::kRelevance;
    if (*sort) {
      const auto key = sort_named(**sort);
      if (!key) return bad("sort", sort_choices());
      if (*key == SortKey::kRelevance && !ranked) {
        return bad("sort", "can be relevance only for a search: add q");
      }
      list_.query.sort = *key;
    }
    auto order = wish("order", true, "");
    if (!order) return order.error();
    if (!*order) return {};
    if (**order != "asc" && **order != "desc") return bad("order", "must be asc or desc");
    if (list_.query.sort == SortKey::kRelevance) {
      return bad("order", "does not apply to relevance, the best match is first: add " +
                              std::string("sort=name, price or createdAt"));
    }
    list_.query.descending = **order == "desc";
    return {};
  }

  [[nodiscard]] std::optional<SortKey> sort_named(std::string_view name) const {
    if (name == "createdAt") return SortKey::kCreatedAt;
    if (name == "name" && kind_ != Kind::kOrder) return SortKey::kName;
    if (name == "email" && kind_ == Kind::kUser) return SortKey::kEmail;
    if (name == "price" && kind_ == Kind::kProduct) return SortKey::kPrice;
    if (name == "relevance" && kind_ == Kind::kProduct) return SortKey::kRelevance;
    return std::nullopt;
  }
  [[nodiscard]] std::string sort_choices() const {
    switch (kind_) {
      case Kind::kUser:
        return "must be createdAt, name or email";
      case Kind::kProduct:
        return "must be createdAt, name, price or relevance";
      case Kind::kOrder:
        break;
    }
    return "must be createdAt";
  }

  Status read_place() {
    const auto limit = http::query_value(request_, "limit");
    params_.cursor = http::query_value(request_, "cursor").value_or(std::string());
    const bool by_cursor = limit || http::query_value(request_, "cursor");
    const bool by_number =
        http::query_value(request_, "page") || http::query_value(request_, "size");
    if (by_cursor && by_number) {
      return bad("page", "and size cannot be combined with limit and cursor: use either pair");
    }
    list_.numbered = by_number || (!by_cursor && !list_.query.words.empty());
    wished_ = wished_ || by_number;
    return list_.numbered ? read_number() : read_cursor();
  }

  Status read_number() {
    auto page = number_param(request_, "page", 0, 0, kPageNumberMax);
    if (!page) return page.error();
    auto size = number_param(request_, "size", kNumberedPageDefault, 1, kNumberedPageMax);
    if (!size) return size.error();
    if (*page * *size > static_cast<std::int64_t>(kOffsetMax)) {
      const bool ranked = list_.query.sort == SortKey::kRelevance;
      return bad("page", "times size is more than " + std::to_string(kOffsetMax) + ": " +
                             (ranked ? "search for more words, or add sort=name, price or "
                                       "createdAt and go on with limit and cursor"
                                     : "go on with limit and cursor in place of page and size"));
    }
    list_.page = static_cast<std::size_t>(*page);
    list_.size = static_cast<std::size_t>(*size);
    return {};
  }

  Status read_cursor() {
    auto limit = number_param(request_, "limit", kPageDefault, 1, kPageMax);
    if (!limit) return limit.error();
    if (list_.query.sort == SortKey::kRelevance) {
      return bad("limit",
                 "and cursor do not apply to relevance: use page and size, or add sort=name, price "
                 "or createdAt");
    }
    params_.limit = static_cast<std::size_t>(*limit);
    list_.size = params_.limit;
    list_.cursor = params_.cursor;
    return {};
  }

  const http::Request& request_;
  Kind kind_;
  bool wished_ = false;
  ListRequest list_;
  ListParams params_;
};

}  // namespace

Result<std::int64_t> number_param(const http::Request& request, const char* name,
                                  std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto text = http::query_value(request, name);
  if (!text) return fallback;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc() && end == text->data() + text->size() && value >= least &&
      value <= most) {
    return value;
  }
  return bad(
      name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<ListParams> list_params(const http::Request& request, Kind kind) {
  return Reader(request, kind).read();
}

}  // namespace cqrs
