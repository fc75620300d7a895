#include "core/adapters/mongo/row_writer.h"

#include "core/adapters/mongo/row_lookup.h"
#include "core/adapters/mongo/view_document.h"

#include <algorithm>

namespace cqrs::mongo {
namespace {

constexpr std::size_t kBatch = 1'000;

void add(mongoc_bulk_operation_t* bulk, const RowWrite& write) {
  Doc upsert;
  upsert.flag("upsert", true);
  if (write.replaces) {
    mongoc_bulk_operation_replace_one_with_opts(bulk, write.filter.get(), write.change.get(),
                                                upsert.get(), nullptr);
  } else {
    mongoc_bulk_operation_update_one_with_opts(bulk, write.filter.get(), write.change.get(),
                                               upsert.get(), nullptr);
  }
}

// Takes the place of a row that is older.
RowWrite greater(const ViewRow& row, const Doc& document) {
  return {one("_id", row.key.id), one("$max", one("row", document)), false};
}

// Takes the place of what stands there, unless that is newer than `most`.
RowWrite replacing(const ViewRow& row, const Doc& document, std::int64_t most) {
  RowWrite write{one("_id", row.key.id), one("row", document), true};
  write.filter.doc("row.v", one("$lte", most));
  return write;
}

}  // namespace

Result<Written> RowWriter::send(Kind kind, std::span<const RowWrite> writes) {
  return connection_.bulk(names_.view(kind), [&](mongoc_bulk_operation_t* bulk) {
    for (const auto& write : writes) add(bulk, write);
  });
}

Result<std::int64_t> RowWriter::write(std::span<const ViewRow> rows,
                                      std::span<const std::optional<ViewRow>> before) {
  Versions loaded;  // of rows that are replaced by the same version, or by an older one
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] && before[i]->version >= rows[i].version) {
      loaded[rows[i].key] = before[i]->version;
    }
  }
  std::int64_t stale = 0;
  for (const Kind kind : kAllKinds) {
    std::vector<const ViewRow*> of_kind;
    for (const auto& row : rows) {
      if (row.key.kind == kind) of_kind.push_back(&row);
    }
    // In order of id, so that new rows append.
    std::sort(of_kind.begin(), of_kind.end(),
              [](const ViewRow* a, const ViewRow* b) { return a->key.id < b->key.id; });
    for (std::size_t from = 0; from < of_kind.size(); from += kBatch) {
      const auto batch = std::span<const ViewRow* const>(of_kind).subspan(
          from, std::min(kBatch, of_kind.size() - from));
      auto left_out = write_batch(kind, batch, loaded);
      if (!left_out) return left_out.error();
      stale += *left_out;
    }
  }
  return stale;
}

Result<std::int64_t> RowWriter::write_batch(Kind kind, Rows rows, const Versions& loaded) {
  std::vector<RowWrite> writes;
  writes.reserve(rows.size());
  for (const ViewRow* row : rows) {
    auto document = to_document(*row);
    if (!document) return document.error();
    const auto at = loaded.find(row->key);
    writes.push_back(at == loaded.end() ? greater(*row, *document)
                                        : replacing(*row, *document, at->second));
  }
  auto written = send(kind, writes);
  if (!written) return written.error();
  if (written->duplicates.empty() && written->changed == static_cast<std::int64_t>(rows.size())) {
    return std::int64_t{0};
  }
  if (!written->duplicates.empty()) {
    // Another writer inserted the same id at the same moment, or there is more in the document than
    // what the guard of a replacement allows. Now that it is there, the greater row decides.
    std::vector<const ViewRow*> again;
    for (const auto index : written->duplicates) again.push_back(rows[index]);
    CQRS_TRY(keep_greater(kind, again));
  }
  return look_again(kind, rows);
}

Status RowWriter::keep_greater(Kind kind, Rows rows) {
  std::vector<RowWrite> writes;
  for (const ViewRow* row : rows) {
    auto document = to_document(*row);
    if (!document) return document.error();
    writes.push_back(greater(*row, *document));
  }
  auto written = send(kind, writes);
  return written ? Status() : written.error();
}

Result<std::int64_t> RowWriter::look_again(Kind kind, Rows rows) {
  std::vector<StreamKey> keys;
  for (const ViewRow* row : rows) keys.push_back(row->key);
  auto stored = find_rows(connection_, names_, keys);
  if (!stored) return stored.error();
  std::int64_t stale = 0;
  std::vector<const ViewRow*> differing;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ViewRow& row = *rows[i];
    const auto& present = (*stored)[i];
    if (!present || present->version < row.version) {
      return make_error(ErrorCode::kUnavailable,
                        names_.view(kind) + " did not keep " + to_string(row.key.id) +
                            " at version " + std::to_string(row.version) + ": write it again");
    }
    if (present->version > row.version) {
      ++stale;
    } else if (*present != row) {
      differing.push_back(&row);
    }
  }
  auto overtaken = replace_equal(kind, differing);
  if (!overtaken) return overtaken.error();
  return stale + *overtaken;
}

Result<std::int64_t> RowWriter::replace_equal(Kind kind, Rows rows) {
  if (rows.empty()) return std::int64_t{0};
  std::vector<RowWrite> writes;
  for (const ViewRow* row : rows) {
    auto document = to_document(*row);
    if (!document) return document.error();
    writes.push_back(replacing(*row, *document, row->version));
  }
  auto written = send(kind, writes);
  if (!written) return written.error();
  return static_cast<std::int64_t>(written->duplicates.size());
}

Status RowWriter::remove(std::span<const StreamKey> keys) {
  for (const Kind kind : kAllKinds) {
    std::vector<Uuid> ids;
    for (const auto& key : keys) {
      if (key.kind == kind) ids.push_back(key.id);
    }
    for (std::size_t from = 0; from < ids.size(); from += kBatch) {
      const auto batch =
          std::span<const Uuid>(ids).subspan(from, std::min(kBatch, ids.size() - from));
      CQRS_TRY(remove_batch(kind, batch));
    }
  }
  return {};
}

Status RowWriter::remove_batch(Kind kind, std::span<const Uuid> ids) {
  auto removed = connection_.bulk(names_.view(kind), [&](mongoc_bulk_operation_t* bulk) {
    for (const auto& id : ids) {
      mongoc_bulk_operation_remove_one_with_opts(bulk, one("_id", id).get(), nullptr, nullptr);
    }
  });
  return removed ? Status() : removed.error();
}

}  // namespace cqrs::mongo
