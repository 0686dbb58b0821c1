#pragma once

#include "common/base/result.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

inline constexpr size_t kIndexPathBytesMax = 200;
inline constexpr size_t kIndexPathDepthMax = 16;  // segments between dots

// A field of events that a secondary index can be made on (Spec §3.3, candidate fields): one of
// seven header columns, or else a path into the payload.
struct IndexField {
    std::string path;
    bool is_expression = false;  // a payload path
    bool operator==(const IndexField&) const = default;
};

// The global desired set: highest priority first. No two of them share an index name.
using DesiredIndexes = std::vector<IndexField>;
using DesiredIndexesView = std::shared_ptr<const DesiredIndexes>;  // immutable, read by all writers

// Checks a field name that somebody asks to count or to index. Refused, with a sentence for a
// person: timestamp (always indexed), payload (opaque), sequence, and names that are no dotted
// words of letters, digits, _ and - within kIndexPathBytesMax and kIndexPathDepthMax. Names of the
// language that need quotes are refused too: they would not survive the naming rule. Pure.
base::Result<IndexField> indexField(std::string_view path);

// idx_events_<column> or idx_events_payload_<path with _ for dots> (Spec §3.3, index naming).
std::string indexName(const IndexField& field);

// What two fields must not share: SQLite folds names, and `a.b` and `a_b` give the same one. Of two
// such fields the one of higher priority has the index (IndexPolicy).
std::string indexNameKey(const IndexField& field);

std::string createIndexSql(const IndexField& field);
std::string dropIndexSql(std::string_view name);

// An index that a shard has, as its schema tells. No field: the name is one of ours, the definition
// is not.
struct MaterialIndex {
    std::string name;
    std::optional<IndexField> field;
    bool operator==(const MaterialIndex&) const = default;
};

// From a row of sqlite_master. Nothing for an index that does not follow the naming rule, and for
// that on timestamp: they are none of our business.
std::optional<MaterialIndex> readMaterialIndex(std::string_view name, std::string_view sql);

// The next step that brings a shard closer to what is wanted, if it is not there.
struct IndexStep {
    enum class Kind { Create, Drop };
    Kind kind = Kind::Create;
    std::string name;  // Drop
    IndexField field;  // Create
};

// What is not wanted goes first, because that makes writing cheaper; then the missing index of
// highest priority. Somebody's own index of our prefix is left alone unless its name is needed.
std::optional<IndexStep> nextIndexStep(const std::vector<MaterialIndex>& material,
                                       const DesiredIndexes& desired);

}  // namespace evd::store
