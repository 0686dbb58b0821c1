#pragma once

#include "common/access/audit_walk.h"
#include "common/access/object_tree.h"
#include "common/access/pattern_table.h"
#include "common/access/token.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace evd::access {

// The GUID by which rules know a field: UUIDv5 of its name as the query language spells it (Spec
// §9.1, Ruling A3).
base::Guid fieldGuid(std::string_view field);
// The root of the tree (Spec §13.1).
base::Guid rootGuid(ObjectKind kind);

// The fields that every record of a kind has, as the query language names them (Spec §13.1, and
// job_id of ours). Sending has none.
std::span<const std::string_view> fixedFields(ObjectKind kind);

// A pattern and the fields of a record below it, as a question to the access check (Spec §9.1).
//
// Fields with the same GUID share a node; of more than kFieldsMax different ones the rest has no
// node and is denied (Ruling A3). Never changes; any thread.
class FieldTree {
  public:
    static constexpr size_t kFieldsMax = ObjectTree::kNodesMax - 1;

    FieldTree(ObjectKind kind, std::span<const std::string_view> fields);
    FieldTree(ObjectKind kind, std::span<const base::Guid> fields);

    const ObjectTree& tree() const { return tree_; }
    size_t fieldCount() const { return nodes_.size(); }
    // The node of a field, by its place in the list.
    std::optional<size_t> nodeOf(size_t field) const { return nodes_.at(field); }

  private:
    ObjectTree tree_;
    std::vector<std::optional<size_t>> nodes_;
};

// The fields that stand for all that records under a pattern may have: those its rules name, and
// one that no rule names, whose verdict every other field shares. What of them is granted says what
// could ever be. Logs have a fixed set, which stands for itself. More rules for fields than
// kFieldsMax leave some of them out.
std::vector<base::Guid> telltaleFields(ObjectKind kind, const ResolvedPattern& pattern);

// What somebody may see of a record.
//
// The default is nothing. A plain value.
struct FieldVerdict {
    bool root = false;
    // Whether the fields were decided one by one; otherwise the root stands for all of them.
    bool by_field = false;
    std::vector<bool> fields;
    // The check could not be made now; the next one may be. Not for keeping.
    bool passing = false;

    // Ruling A2: the record when its root or any field of it is granted, a field when its own node
    // is.
    bool recordVisible() const;
    bool shows(size_t field) const {
        return by_field ? field < fields.size() && fields[field]
                        : root && field < FieldTree::kFieldsMax;
    }
    bool operator==(const FieldVerdict&) const = default;
};

// The verdict of the reference check on EVENTD_READ, with the tree always (Ruling A1). Whatever
// the check refuses to answer is denied: a descriptor without owner, a token for identification.
FieldVerdict checkFields(const Token& token, const ResolvedPattern& pattern, const FieldTree& tree);

// The same, and what the SACL wants told of it.
struct AuditedFields {
    FieldVerdict verdict;
    std::vector<AuditEvent> audit;
};
AuditedFields checkFieldsAudited(const Token& token, const ResolvedPattern& pattern,
                                 const FieldTree& tree);

}  // namespace evd::access
