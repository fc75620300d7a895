#include "core/events/codec.h"

#include "core/events/fields.h"
#include "core/events/upcast.h"

#include <array>

namespace cqrs {
namespace {

// Order of the alternatives of each event variant: the index is the type.
constexpr std::array<std::string_view, 5> kUserTypes{"user.created", "user.updated", "user.deleted",
                                                     "user.deactivated", "user.activated"};
constexpr std::array<std::string_view, 6> kProductTypes{
    "product.created",     "product.updated",   "product.price_changed",
    "product.deactivated", "product.activated", "product.deleted"};
constexpr std::array<std::string_view, 6> kOrderTypes{"order.created",   "order.confirmed",
                                                      "order.cancelled", "order.paid",
                                                      "order.shipped",   "order.delivered"};

struct DataWriter {
  std::string& out;
  void operator()(const UserEvent& event) const {
    if (const auto* created = std::get_if<UserCreated>(&event)) {
      fields::append(out, created->user);
    } else if (const auto* updated = std::get_if<UserUpdated>(&event)) {
      fields::append(out, updated->changes);
    } else {
      out += "{}";
    }
  }
  void operator()(const ProductEvent& event) const {
    if (const auto* created = std::get_if<ProductCreated>(&event)) {
      fields::append(out, created->product);
    } else if (const auto* updated = std::get_if<ProductUpdated>(&event)) {
      fields::append(out, updated->changes);
    } else if (const auto* changed = std::get_if<ProductPriceChanged>(&event)) {
      JsonObject object(out);
      object.raw("fromMinor", changed->from ? std::to_string(changed->from->minor) : "null");
      object.number("toMinor", changed->to.minor);
      object.close();
    } else {
      out += "{}";
    }
  }
  void operator()(const OrderEvent& event) const {
    if (const auto* created = std::get_if<OrderCreated>(&event)) {
      fields::append(out, created->order);
      return;
    }
    JsonObject object(out);
    if (const auto* cancelled = std::get_if<OrderCancelled>(&event)) {
      object.text("reason", cancelled->reason);
    }
    object.close();
  }
};

Error unknown(std::string_view type) {
  return make_error(ErrorCode::kCorrupt, "unknown event type \"" + std::string(type) +
                                             "\": a newer version of the program wrote it");
}

Result<EventBody> read_user_event(std::string_view type, ObjectReader& reader) {
  if (type == kUserTypes[0]) return EventBody(UserEvent(UserCreated{fields::read_user(reader)}));
  if (type == kUserTypes[1]) {
    return EventBody(UserEvent(UserUpdated{fields::read_user_update(reader)}));
  }
  if (type == kUserTypes[2]) return EventBody(UserEvent(UserDeleted{}));
  if (type == kUserTypes[3]) return EventBody(UserEvent(UserDeactivated{}));
  if (type == kUserTypes[4]) return EventBody(UserEvent(UserActivated{}));
  return unknown(type);
}

Result<EventBody> read_product_event(std::string_view type, ObjectReader& reader) {
  if (type == kProductTypes[0]) {
    return EventBody(ProductEvent(ProductCreated{fields::read_product(reader)}));
  }
  if (type == kProductTypes[1]) {
    return EventBody(ProductEvent(ProductUpdated{fields::read_product_update(reader)}));
  }
  if (type == kProductTypes[2]) {
    ProductPriceChanged changed;
    if (const auto from = reader.optional_integer("fromMinor")) changed.from = Money{*from};
    changed.to = Money{reader.integer("toMinor")};
    return EventBody(ProductEvent(changed));
  }
  if (type == kProductTypes[3]) return EventBody(ProductEvent(ProductDeactivated{}));
  if (type == kProductTypes[4]) return EventBody(ProductEvent(ProductActivated{}));
  if (type == kProductTypes[5]) return EventBody(ProductEvent(ProductDeleted{}));
  return unknown(type);
}

Result<EventBody> read_order_event(std::string_view type, ObjectReader& reader) {
  if (type == kOrderTypes[0]) {
    return EventBody(OrderEvent(OrderCreated{fields::read_order(reader)}));
  }
  if (type == kOrderTypes[1]) return EventBody(OrderEvent(OrderConfirmed{}));
  if (type == kOrderTypes[2]) return EventBody(OrderEvent(OrderCancelled{reader.text("reason")}));
  if (type == kOrderTypes[3]) return EventBody(OrderEvent(OrderPaid{}));
  if (type == kOrderTypes[4]) return EventBody(OrderEvent(OrderShipped{}));
  if (type == kOrderTypes[5]) return EventBody(OrderEvent(OrderDelivered{}));
  return unknown(type);
}

Result<EventBody> read_data(std::string_view type, ObjectReader& reader) {
  if (type.starts_with("user.")) return read_user_event(type, reader);
  if (type.starts_with("product.")) return read_product_event(type, reader);
  return read_order_event(type, reader);
}

Error corrupt(std::string_view what, const Error& cause) {
  return make_error(ErrorCode::kCorrupt, std::string(what) + ": " + cause.message, cause.field);
}

}  // namespace

std::string_view event_type(const EventBody& event) {
  if (const auto* user = std::get_if<UserEvent>(&event)) return kUserTypes.at(user->index());
  if (const auto* product = std::get_if<ProductEvent>(&event)) {
    return kProductTypes.at(product->index());
  }
  return kOrderTypes.at(std::get<OrderEvent>(event).index());
}

int schema_version(const EventBody& event) { return present_schema_version(event_type(event)); }

void append_event_data(std::string& out, const EventBody& event) {
  std::visit(DataWriter{out}, event);
}

Result<EventBody> decode_event(std::string_view type, int schema_version, std::string_view data) {
  const int present = present_schema_version(type);
  if (schema_version < 1 || schema_version > present) {
    return make_error(ErrorCode::kCorrupt,
                      "event type \"" + std::string(type) + "\" has unknown schema version " +
                          std::to_string(schema_version) + ": this program knows 1 to " +
                          std::to_string(present));
  }
  std::string newer;
  if (schema_version < present) {
    auto upcasted = upcast(type, schema_version, data);
    if (!upcasted) return upcasted.error();
    newer = std::move(*upcasted);
    data = newer;
  }
  static thread_local JsonDocument document;
  if (auto status = document.parse(data); !status) {
    return corrupt("data of " + std::string(type), status.error());
  }
  ObjectReader reader(document.root());
  auto event = read_data(type, reader);
  if (!event) return event;
  if (auto status = reader.finish_lenient(); !status) {
    return corrupt("data of " + std::string(type), status.error());
  }
  return event;
}

void append_state(std::string& out, const State& state) {
  std::visit([&](const auto& typed) { fields::append(out, typed); }, state);
}

Result<State> decode_state(Kind kind, std::string_view json) {
  static thread_local JsonDocument document;
  if (auto status = document.parse(json); !status) {
    return corrupt("state of a " + std::string(kind_name(kind)), status.error());
  }
  ObjectReader reader(document.root());
  State state;
  switch (kind) {
    case Kind::kUser:
      state = fields::read_user(reader);
      break;
    case Kind::kProduct:
      state = fields::read_product(reader);
      break;
    case Kind::kOrder:
      state = fields::read_order(reader);
      break;
  }
  if (auto status = reader.finish_lenient(); !status) {
    return corrupt("state of a " + std::string(kind_name(kind)), status.error());
  }
  return state;
}

}  // namespace cqrs
