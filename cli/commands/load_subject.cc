#include "cli/commands/load_subject.h"

#include "core/workload/scenario_check.h"

#include "cli/load/own_target.h"
#include "cli/target/foreign_dialect.h"
#include "cli/target/foreign_seed.h"

namespace cqrs {
namespace {

Result<LoadSubject> ours_here(const Scenario& scenario, const load::TlsOptions& tls,
                              const Context& context) {
  auto system = find_running(DataDir{context.options.data_dir});
  if (!system) return system.error();
  CQRS_TRY(check_profile(scenario, system->profile));
  LoadSubject subject;
  subject.system = *system;
  subject.target = load::own_target(*system, tls);
  subject.stores_here = true;
  return subject;
}

Result<LoadSubject> ours_elsewhere(const load::TlsOptions& tls, const Context& context) {
  auto system = system_at(context.options.target, context.options.allow_remote);
  if (!system) return system.error();
  LoadSubject subject;
  subject.system = *system;
  subject.target = load::own_target(*system, tls);
  subject.target.usage = nullptr;
  subject.target.profile = "elsewhere";
  return subject;
}

std::vector<Operation> operations_of(const Scenario& scenario) {
  std::vector<Operation> operations;
  for (const auto& phase : scenario.phases) {
    for (const auto& part : phase.mix) operations.push_back(part.operation);
  }
  return operations;
}

Result<LoadSubject> foreign(const Scenario& scenario, const std::string& ledger,
                            const load::TlsOptions& tls, const Context& context) {
  target::OpenTarget wanted;
  wanted.profile = context.options.target;
  wanted.ids = ledger.empty() ? "" : target::ids_path(ledger);
  wanted.allow_remote = context.options.allow_remote;
  auto session = target::open_session(wanted);
  if (!session) return session.error();
  CQRS_TRY(target::check_operations((*session)->target(), operations_of(scenario)));
  LoadSubject subject;
  subject.foreign = *session;
  subject.target.client.endpoint = (*session)->target().endpoint;
  subject.target.client.tls = tls;
  subject.target.url = (*session)->target().base_url;
  subject.target.profile = "foreign";
  subject.target.make_dialect = [session = *session](const OpValues& values) {
    return target::make_dialect(session, values.generator());
  };
  return subject;
}

}  // namespace

Result<LoadSubject> find_subject(const Scenario& scenario, const std::string& ledger,
                                 const load::TlsOptions& tls, const Context& context) {
  const std::string& target = context.options.target;
  if (target.empty()) return ours_here(scenario, tls, context);
  if (target.starts_with("http://") || target.starts_with("https://")) {
    return ours_elsewhere(tls, context);
  }
  return foreign(scenario, ledger, tls, context);
}

Result<SeedResult> seed_subject(const LoadSubject& subject, const SeedPlan& plan,
                                const Context& context) {
  if (subject.foreign) return target::run_foreign_seed(plan, subject.foreign, context);
  return run_seed_plan(plan, subject.system, context);
}

}  // namespace cqrs
