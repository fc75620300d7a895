// Micro benchmarks of the engine: what reading and writing JSON, digests, deciding and projecting
// cost per operation, without disk, sockets or other threads.
#include "core/adapters/memory/stores.h"
#include "core/base/json.h"
#include "core/events/codec.h"
#include "core/log/table_tail.h"
#include "core/project/projector.h"
#include "core/project/view_body.h"
#include "core/workload/commands.h"
#include "core/write/command_handler.h"

#include "tests/bench/micro.h"
#include "tests/support/builders.h"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string_view>

namespace cqrs::bench {
namespace {

constexpr std::uint64_t kEntities = 4'096;  // larger than what branch predictors remember
constexpr std::size_t kBatch = 500;

const Generator& generator() {
  static const Generator made({42, kEntities, kEntities, kEntities});
  return made;
}

std::string label(std::string_view what, std::string_view of) {
  return std::string(what) + " " + std::string(of);
}

// Runs `operation` on one input after the other.
template <class Input, class Operation>
Micro over(std::string name, std::vector<Input> inputs, Operation operation) {
  auto shared = std::make_shared<std::vector<Input>>(std::move(inputs));
  return {std::move(name),
          static_cast<double>(shared->size()),
          [shared, operation]() mutable {
            for (const auto& input : *shared) operation(input);
          },
          {}};
}

// A few hundred events like `make(i)`, as many as make the caches work.
std::vector<EventBody> many(const std::function<EventBody(std::uint64_t)>& make) {
  std::vector<EventBody> events;
  for (std::uint64_t i = 0; i < 512; ++i) events.push_back(make(i));
  return events;
}

// One of every shape; order.confirmed stands for the events that carry no data.
std::vector<std::vector<EventBody>> every_event() {
  std::vector<std::vector<EventBody>> all;
  for (const Kind kind : kAllKinds) {
    all.push_back(many([kind](std::uint64_t i) { return created_event(generator(), kind, i); }));
  }
  all.push_back(many(
      [](std::uint64_t i) { return support::user_renamed("Ada Lovelace " + std::to_string(i)); }));
  all.push_back(many([](std::uint64_t i) -> EventBody {
    UpdateProduct changes;
    changes.name = support::set("Oak Lamp " + std::to_string(i));
    changes.description = support::clear();
    return ProductEvent(ProductUpdated{changes});
  }));
  all.push_back(many([](std::uint64_t i) -> EventBody {
    const auto price = static_cast<std::int64_t>(i);
    return ProductEvent(ProductPriceChanged{Money{price}, Money{price + 1}});
  }));
  all.push_back(many([](std::uint64_t) -> EventBody { return OrderEvent(OrderConfirmed{}); }));
  all.push_back(many(
      [](std::uint64_t) -> EventBody { return OrderEvent(OrderCancelled{"no longer needed"}); }));
  return all;
}

void add_events(std::vector<Micro>& out) {
  struct Stored {
    std::string type;
    int schema_version = 1;
    std::string data;
  };
  for (const auto& events : every_event()) {
    std::vector<Stored> stored;
    for (const auto& event : events) {
      Stored one{std::string(event_type(event)), schema_version(event), {}};
      append_event_data(one.data, event);
      stored.push_back(std::move(one));
    }
    const std::string type = stored.front().type;
    out.push_back(over(label("decode_event", type), std::move(stored), [](const Stored& one) {
      const auto event = decode_event(one.type, one.schema_version, one.data);
      CQRS_CHECK(event.ok());
      keep(event);
    }));
    out.push_back(over(label("append_event_data", type), events,
                       [text = std::string()](const EventBody& event) mutable {
                         text.clear();
                         append_event_data(text, event);
                         keep(text);
                       }));
  }
}

std::vector<State> states_of(Kind kind) {
  std::vector<State> states;
  for (std::uint64_t i = 0; i < 512; ++i) states.push_back(generator().state(kind, i));
  return states;
}

void add_states(std::vector<Micro>& out, Kind kind) {
  const std::vector<State> states = states_of(kind);
  const StreamKey key{kind, generator().id(kind, 7)};
  std::vector<std::string> stored;
  std::vector<std::string> bodies;
  for (const auto& state : states) {
    append_state(stored.emplace_back(), state);
    ViewRow row;
    row.key = key;
    row.version = 1;
    render_view(row, state);
    bodies.push_back(row.body);
  }
  out.push_back(over(label("append_state", kind_name(kind)), states,
                     [text = std::string()](const State& state) mutable {
                       text.clear();
                       append_state(text, state);
                       keep(text);
                     }));
  out.push_back(
      over(label("decode_state", kind_name(kind)), stored, [kind](const std::string& text) {
        const auto state = decode_state(kind, text);
        CQRS_CHECK(state.ok());
        keep(state);
      }));
  out.push_back(over(label("digest_of", kind_name(kind)), states,
                     [key](const State& state) { keep(digest_of(key, 1, &state)); }));
  out.push_back(over(label("render_view", kind_name(kind)), states, [key](const State& state) {
    ViewRow row;
    row.key = key;
    row.version = 1;
    render_view(row, state);
    keep(row);
  }));
  out.push_back(over(label("parse_view", kind_name(kind)), bodies, [kind](const std::string& text) {
    const auto view = parse_view(kind, text);
    CQRS_CHECK(view.ok());
    keep(view);
  }));
}

void add_requests(std::vector<Micro>& out, Kind kind) {
  std::vector<std::uint64_t> indexes;
  std::vector<std::string> bodies;
  for (std::uint64_t i = 0; i < 512; ++i) {
    indexes.push_back(i);
    generator().append_body(bodies.emplace_back(), kind, i);
  }
  out.push_back(over(label("append_body", kind_name(kind)), indexes,
                     [kind, text = std::string()](std::uint64_t index) mutable {
                       text.clear();
                       generator().append_body(text, kind, index);
                       keep(text);
                     }));
  // One document for all texts, as the service keeps one per thread.
  auto document = std::make_shared<JsonDocument>();
  out.push_back(
      over(label("parse body of", kind_name(kind)), bodies, [document](const std::string& text) {
        CQRS_CHECK(document->parse(text).ok());
        keep(document->root());
      }));
}

// A system in memory that orders can refer to.
struct World {
  memory::MemoryRecord record;
  std::unique_ptr<WriteStore> store = memory::open_write_store(record);
  SystemClock clock;
  CommandHandler handler{*store, clock, 1};
  std::vector<Command> batch;

  void fill(Kind kind, std::uint64_t first, std::size_t count) {
    batch.clear();
    for (std::size_t i = 0; i < count; ++i) {
      batch.push_back(create_command(generator(), kind, first + i));
    }
  }
  void execute() {
    for (const auto& outcome : handler.execute(batch)) CQRS_CHECK(outcome.ok());
  }
};

std::shared_ptr<World> stocked() {
  auto world = std::make_shared<World>();
  for (const Kind kind : {Kind::kUser, Kind::kProduct}) {
    world->fill(kind, 0, kEntities);
    world->execute();
  }
  return world;
}

void add_batches(std::vector<Micro>& out) {
  for (const Kind kind : kAllKinds) {
    // Anew for every sample, so that all of them start with a store of the same size.
    auto slot = std::make_shared<std::shared_ptr<World>>();
    out.push_back({label("batch of 500, memory store, create", kind_name(kind)), kBatch,
                   [slot] { (*slot)->execute(); },
                   [slot, kind] {
                     *slot = kind == Kind::kOrder ? stocked() : std::make_shared<World>();
                     (*slot)->fill(kind, 0, kBatch);
                   }});
  }
}

void add_projection(std::vector<Micro>& out) {
  struct Views {
    explicit Views(memory::MemoryRecord& record)
        : tail_history(memory::open_history(record)),
          gap_history(memory::open_history(record)),
          store(memory::open_projection_store(views)),
          tail(*tail_history),
          projector(tail, *gap_history, *store) {
      CQRS_CHECK(projector.start().ok());
    }
    memory::MemoryViews views;
    std::unique_ptr<History> tail_history, gap_history;
    std::unique_ptr<ProjectionStore> store;
    TableTail tail;
    Projector projector;
  };
  auto world = stocked();
  constexpr std::size_t kPage = 2'000;
  auto slot = std::make_shared<std::unique_ptr<Views>>();
  out.push_back({"projector, page of 2000, memory stores", static_cast<double>(kPage),
                 [slot] {
                   const auto applied = (*slot)->projector.step(kPage);
                   CQRS_CHECK(applied.ok() && *applied == kPage);
                 },
                 [slot, world] { *slot = std::make_unique<Views>(world->record); }});
}

int run(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  if (argc > 2 || wanted == "-h" || wanted == "--help") {
    std::cerr << "usage: bench_core [PART OF A NAME]\n";
    return wanted == "-h" || wanted == "--help" ? 0 : 2;
  }
  std::vector<Micro> all;
  add_events(all);
  for (const Kind kind : kAllKinds) add_states(all, kind);
  for (const Kind kind : kAllKinds) add_requests(all, kind);
  add_batches(all);
  add_projection(all);
  bool any = false;
  for (const auto& micro : all) {
    if (micro.name.find(wanted) == std::string::npos) continue;
    any = true;
    const MicroResult result = measure(micro, 9, 0.02);
    std::printf("%-48s %9.0f ns  [%.0f … %.0f]\n", micro.name.c_str(), result.median_ns,
                result.least_ns, result.most_ns);
  }
  if (any) return 0;
  std::cerr << "bench_core: no benchmark is called like \"" << wanted
            << "\": run it without arguments to see all\n";
  return 2;
}

}  // namespace
}  // namespace cqrs::bench

int main(int argc, char** argv) { return cqrs::bench::run(argc, argv); }
