// One row of a view as a document, with what lists and searches use beside it, so that the two are
// written together. Internal to this adapter.
//   _id  UUID
//   row  v version   p position   del deleted   b bucket   dh, dl digest   c, u created and
//   updated,
//        microseconds   body as it is served; empty when deleted
//        and unless it is deleted, of users and products `active`, `name_sort`, `email`, `price`
//        (hundredths), `words` (each once) and `head` (those of the name), of orders `status` and
//        `user`
// All of it stands within `row`, the version first: documents compare field by field, so that of
// two rows the greater one is the newer one, and the server keeps it by itself ($max).
#pragma once

#include "core/adapters/mongo/document.h"
#include "core/read/view_row.h"
#include "core/verify/entity_source.h"

namespace cqrs::mongo {

// The `row` of a document. Error: corrupt (a body that is not what we render).
[[nodiscard]] Result<Doc> to_document(const ViewRow& row);
[[nodiscard]] Result<ViewRow> to_row(Kind kind, Fields& document);
[[nodiscard]] Result<EntityRow> to_entity(Fields& document, bool with_content);

// What reading needs: a row, an entity without its content, an entity.
[[nodiscard]] Doc row_fields();
[[nodiscard]] Doc entity_fields(bool with_content);

// Whether what stands beside the row is what follows from its body.
[[nodiscard]] bool index_agrees(const ViewRow& row, Fields& document);

}  // namespace cqrs::mongo
