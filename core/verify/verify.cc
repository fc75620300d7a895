#include "core/verify/verify.h"

#include "core/verify/cache_edge.h"
#include "core/verify/ledger_edge.h"
#include "core/verify/record_edge.h"
#include "core/verify/sink_edge.h"
#include "core/verify/topic_edge.h"

#include <algorithm>
#include <unordered_set>

namespace cqrs {
namespace {

std::string plural(Kind kind) { return std::string(kind_name(kind)) + "s"; }

// One part of an edge that can be checked by itself, and what came of it.
struct Task {
  std::function<Status(Task&, const VerifyLane&)> run;
  Status status;
  Findings findings;
  std::int64_t compared = 0;
  std::int64_t present = 0;
  std::int64_t rows_fetched = 0;
  std::int64_t indeterminate = 0;
  std::int64_t in_flight = 0;
  std::vector<EventGap> gaps;
  std::optional<TopicCheck> topics;
  std::optional<SinkCheck> sink;
  std::int64_t untrusted = 0;
};

// Tasks that are reported as one.
struct Edge {
  std::string name;
  std::vector<Task> tasks;
  bool of_record = false;
  bool of_views = false;
  bool of_extra = false;
};

class Verification {
 public:
  explicit Verification(const VerifyInput& input) : input_(input) {
    report_.findings.limit = input.limit;
    scope_.cut = input.as_of;
    scope_.young_after = input.young_after;
    scope_.progress = input.progress;
  }

  Result<VerifyReport> run() {
    CQRS_TRY(settle());
    if (input_.checks.order) add_record();
    if (input_.checks.order && input_.topics != nullptr) add_topics();
    if (input_.checks.order && input_.copies != nullptr) add_sink();
    if (input_.checks.views) add_views();
    if (input_.checks.views && input_.cache != nullptr) add_cache();
    if (input_.checks.views && input_.checks.extras && deep()) add_extra_checks();
    if (!input_.ledgers.empty()) add_ledgers();
    if (!input_.loads.empty()) add_loads();
    run_tasks();
    for (auto& edge : edges_) CQRS_TRY(close(edge));
    decide();
    return std::move(report_);
  }

 private:
  [[nodiscard]] bool deep() const { return input_.checks.mode == CompareMode::kDeep; }

  // P is taken first; nothing after it can be missed, everything up to it must have arrived.
  Status settle() {
    auto head = input_.record->head();
    if (!head) return head.error();
    report_.head = *head;
    report_.as_of = input_.as_of.value_or(*head);
    scope_.counted_to = report_.as_of;
    if (input_.as_of && (*input_.as_of < 1 || *input_.as_of > *head)) {
      return invalid("--as-of", "--as-of " + std::to_string(*input_.as_of) +
                                    " is not a position of this record, whose head is " +
                                    std::to_string(*head) +
                                    ": give a position up to that, or head");
    }
    for (;;) {
      auto applied = input_.views->position();
      if (!applied) return applied.error();
      report_.applied = *applied;
      settled_ = *applied >= report_.as_of || !input_.checks.views;
      if (settled_ || !input_.keep_waiting || !input_.keep_waiting()) return {};
    }
  }

  Task& add_task(Edge& edge, std::function<Status(Task&, const VerifyLane&)> run) {
    Task& task = edge.tasks.emplace_back();
    task.run = std::move(run);
    task.findings.limit = input_.limit;
    return task;
  }

  void add_record() {
    Edge edge{deep() ? "fold(events) = streams" : "events in order = streams", {}, true, false};
    for (const Kind kind : kAllKinds) {
      add_task(edge, [this, kind](Task& task, const VerifyLane& lane) -> Status {
        auto check = check_record(*lane.record, *lane.streams, kind, deep(), task.findings, scope_);
        if (!check) return check.error();
        task.compared = check->events;
        task.rows_fetched = check->rows_fetched;
        task.present = check->present;
        task.gaps = std::move(check->gaps);
        return {};
      });
    }
    edges_.push_back(std::move(edge));
  }

  void add_topics() {
    Edge edge{"topics = events", {}};
    add_task(edge, [this](Task& task, const VerifyLane& lane) -> Status {
      const TopicEdge between{*lane.topics, *lane.history, input_.keep_waiting};
      auto check = check_topics(between, report_.as_of, task.findings, scope_);
      if (!check) return check.error();
      task.compared = check->compared;
      task.rows_fetched = check->looked_at;
      task.topics = std::move(*check);
      return {};
    });
    edges_.push_back(std::move(edge));
  }

  void add_sink() {
    Edge edge{"sink collection = events", {}};
    add_task(edge, [this](Task& task, const VerifyLane& lane) -> Status {
      const SinkEdge between{*lane.copies, *lane.history, input_.keep_waiting};
      auto check = check_sink(between, report_.as_of, task.findings, scope_);
      if (!check) return check.error();
      task.compared = check->compared;
      task.rows_fetched = check->looked_at;
      task.sink = *check;
      return {};
    });
    edges_.push_back(std::move(edge));
  }

  void add_views() {
    for (const Kind kind : kAllKinds) {
      Edge edge{"streams = " + plural(kind) + " view", {}, false, true};
      add_task(edge, [this, kind](Task& task, const VerifyLane& lane) -> Status {
        const ViewEdge between{*lane.streams, *lane.views, *lane.record};
        auto check = check_view(between, kind, input_.checks.mode, task.findings, scope_);
        if (!check) return check.error();
        task.compared = check->entities;
        task.rows_fetched = check->rows_fetched;
        return {};
      });
      edges_.push_back(std::move(edge));
    }
  }

  void add_cache() {
    Edge edge{"cache within view", {}};
    add_task(edge, [this](Task& task, const VerifyLane& lane) -> Status {
      auto check = check_cache({*lane.cache, *lane.views}, task.findings, scope_);
      if (!check) return check.error();
      task.compared = check->compared;
      task.rows_fetched = check->rows_fetched;
      task.untrusted = check->untrusted;
      return {};
    });
    edges_.push_back(std::move(edge));
  }

  void add_extra_checks() {
    const auto checks = input_.views->extra_checks();
    for (std::size_t i = 0; i < checks.size(); ++i) {
      Edge edge{checks[i].name, {}, false, false, true};
      add_task(edge, [i](Task& task, const VerifyLane& lane) -> Status {
        auto compared = lane.views->extra_checks().at(i).run(task.findings);
        if (!compared) return compared.error();
        task.compared = *compared;
        return {};
      });
      edges_.push_back(std::move(edge));
    }
  }

  void add_ledgers() {
    Edge edge{"ledger within streams", {}, false, false};
    for (const Ledger* ledger : input_.ledgers) {
      add_task(edge, [this, ledger](Task& task, const VerifyLane& lane) -> Status {
        return keep(check_ledger(*ledger, *lane.streams, *lane.record, task.findings, scope_),
                    task);
      });
    }
    edges_.push_back(std::move(edge));
  }

  void add_loads() {
    Edge edge{"load ledger within streams", {}, false, false};
    for (const OpLedger* ledger : input_.loads) {
      add_task(edge, [this, ledger](Task& task, const VerifyLane& lane) -> Status {
        return keep(check_op_ledger(*ledger, *lane.streams, *lane.record, task.findings, scope_),
                    task);
      });
    }
    edges_.push_back(std::move(edge));
  }

  static Status keep(const Result<LedgerCheck>& check, Task& task) {
    if (!check) return check.error();
    task.compared = check->acknowledged;
    task.rows_fetched = check->rows_fetched;
    task.indeterminate = check->indeterminate;
    task.in_flight = check->in_flight;
    return {};
  }

  void run_tasks() {
    std::vector<Task*> all;
    for (auto& edge : edges_) {
      for (auto& task : edge.tasks) all.push_back(&task);
    }
    const auto run = [&](std::size_t number, std::size_t lane) {
      const VerifyLane first{input_.streams, input_.views, input_.record, input_.topics,
                             input_.history, input_.cache, input_.copies};
      Task& task = *all[number];
      task.status = task.run(task, lane == 0 ? first : input_.more_lanes.at(lane - 1));
    };
    if (input_.run_tasks) return input_.run_tasks(all.size(), run);
    for (std::size_t i = 0; i < all.size(); ++i) run(i, 0);
  }

  Status close(Edge& edge) {
    EdgeReport line;
    line.name = std::move(edge.name);
    Findings findings(input_.limit);
    std::vector<EventGap> gaps;
    std::int64_t present = 0;
    for (auto& task : edge.tasks) {
      CQRS_TRY(task.status);
      line.compared += task.compared;
      present += task.present;
      line.rows_fetched += task.rows_fetched;
      report_.indeterminate += task.indeterminate;
      report_.in_flight += task.in_flight;
      findings.add(task.findings);
      if (task.untrusted > 0) {
        line.note = std::to_string(task.untrusted) + " entries that no reader trusts: not compared";
      }
      if (task.topics) tell_topics(*task.topics, line);
      if (task.sink) tell_sink(*task.sink, line);
      std::move(task.gaps.begin(), task.gaps.end(), std::back_inserter(gaps));
    }
    if (edge.of_views) report_.entities += line.compared;
    if (edge.of_record) {
      CQRS_TRY(check_positions(*input_.record, report_.as_of, present, std::move(gaps), findings));
    }
    if (edge.of_extra) findings = without_told_rows(findings);
    line.differences = findings.total();
    report_.rows_fetched += line.rows_fetched;
    report_.findings.add(findings);
    report_.edges.push_back(std::move(line));
    return {};
  }

  void tell_topics(const TopicCheck& check, EdgeReport& line) {
    line.duplicates = check.duplicates;
    line.note = check.not_compared;
    topics_note_ = check.not_compared;
    topics_behind_ = check.behind;
    if (check.behind == 0) return;
    line.note = "published up to position " + std::to_string(check.complete_to) + ", " +
                std::to_string(check.behind) + " behind";
  }

  void tell_sink(const SinkCheck& check, EdgeReport& line) {
    sink_behind_ = check.behind;
    if (check.behind == 0) return;
    line.note = "complete up to position " + std::to_string(check.complete_to) + ", " +
                std::to_string(check.behind) + " behind";
  }

  // A row that differs from the write side differs from its index, too: it is told once.
  [[nodiscard]] Findings without_told_rows(const Findings& findings) const {
    std::unordered_set<StreamKey> told;
    for (const auto& finding : report_.findings.first) {
      if (finding.place == FindingPlace::kView) told.insert(finding.entity);
    }
    Findings rest(findings.limit);
    for (const auto& finding : findings.first) {
      if (!told.contains(finding.entity)) rest.add(finding);
    }
    return rest;
  }

  void decide() {
    if (report_.findings.total() > 0) {
      report_.verdict = Verdict::kFail;
    } else if (!settled_) {
      report_.reason = "the views stand at position " + std::to_string(report_.applied) +
                       " and never reached " + std::to_string(report_.as_of) +
                       ": give --settle more time or look at cqrsctl status";
    } else if (topics_behind_ > 0) {
      report_.reason = "the topics lack " + std::to_string(topics_behind_) +
                       " of the events up to position " + std::to_string(report_.as_of) +
                       ", not published in time: give --settle more time or look with cqrsctl "
                       "status whether a relay runs";
    } else if (sink_behind_ > 0) {
      report_.reason = "the sink collection lacks " + std::to_string(sink_behind_) +
                       " of the events up to position " + std::to_string(report_.as_of) +
                       ", not brought in time: give --settle more time or look with cqrsctl "
                       "connector sink whether the connector runs";
    } else if (report_.findings.too_young > 0) {
      report_.reason = std::to_string(report_.findings.too_young) +
                       " entities differ, but their last event is younger than --min-age: verify "
                       "again when they have aged";
    } else if (report_.indeterminate > 0) {
      report_.reason = std::to_string(report_.indeterminate) +
                       " commands of a ledger have no known outcome: cqrsctl seed --resume "
                       "sends those of a seed again under the same keys";
    } else {
      report_.verdict = Verdict::kPass;
      report_.reason = topics_note_;
    }
  }

  const VerifyInput& input_;
  Scope scope_;
  std::vector<Edge> edges_;
  VerifyReport report_;
  bool settled_ = false;
  std::int64_t topics_behind_ = 0;
  std::int64_t sink_behind_ = 0;
  std::string topics_note_;  // why they were not compared
};

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

Result<VerifyReport> verify(const VerifyInput& input) { return Verification(input).run(); }

}  // namespace cqrs
