#pragma once

#include "queryd/client/eventd/client.h"

#include <capnp/query.capnp.h>
#include <vector>

namespace eventd {

// How deep a value may nest; eventd itself sends no deeper ones.
inline constexpr uint32_t kValueDepthMax = 64;

// Messages of query.capnp as plain structs. What nests too deeply is cut off as nil; kinds of a
// later version are nil. A message that is no good throws kj::Exception.
std::vector<Row> readRows(capnp::List<evd::schema::ResultRecord>::Reader records);
std::vector<StoredEvent> readEvents(capnp::List<evd::schema::StoredEvent>::Reader events);

}  // namespace eventd
