#include "core/write/credential_upgrade.h"

namespace cqrs {

Result<bool> CredentialUpgrader::step(Timestamp now) {
  if (next_ == page_.size()) {
    if (finished_.empty()) return read_page();
    CQRS_TRY(flush());
    return true;
  }
  const CredentialRecord& record = page_[next_];
  auto wrapped = hasher_(record.credential.hash);
  if (!wrapped) return wrapped.error();
  finished_.push_back({record.credential,
                       {record.user,
                        {CredentialStage::kWrapped, record.credential.key_id, std::move(*wrapped)},
                        now}});
  ++next_;
  return true;
}

Status CredentialUpgrader::flush() {
  if (finished_.empty()) return {};
  CQRS_TRY(commit_(finished_));
  pending_ -= static_cast<std::int64_t>(finished_.size());
  finished_.clear();
  return {};
}

Result<bool> CredentialUpgrader::read_page() {
  page_.clear();
  next_ = 0;
  auto page = reader_.keyed(kPage);
  if (!page) return page.error();
  auto count = static_cast<std::int64_t>(page->size());
  if (page->size() == kPage) {
    auto counted = reader_.count_keyed();
    if (!counted) return counted.error();
    count = *counted;
  }
  page_ = std::move(*page);
  pending_ = count;
  return !page_.empty();
}

}  // namespace cqrs
