#include "common/access/field_access.h"

#include "common/access/access_check.h"
#include "common/base/check.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace evd::access {

namespace {

using base::Guid;

// {e7d3a1b0-5c2f-4e8a-9b1d-0a6f3c8e2d4b}, in Microsoft order as all our GUIDs (Spec §9.1).
constexpr Guid kFieldNamespace = {{0xb0, 0xa1, 0xd3, 0xe7, 0x2f, 0x5c, 0x8a, 0x4e, 0x9b, 0x1d, 0x0a,
                                   0x6f, 0x3c, 0x8e, 0x2d, 0x4b}};

// {a1b2c3d4-0001-4000-8000-00000000000N} (Spec §13.1). The version says 4 and those of fields say
// 5, so that no field is ever a root. Sending asks for no fields; its roots are ours.
constexpr Guid rootNumbered(uint8_t number) {
    return {{0xd4, 0xc3, 0xb2, 0xa1, 0x01, 0x00, 0x00, 0x40, 0x80, 0x00, 0, 0, 0, 0, 0, number}};
}

constexpr auto kEventFields = std::to_array<std::string_view>(
    {"timestamp", "cpu_id", "sequence", "origin_class", "event_type", "effective_token_guid",
     "true_token_guid", "process_guid", "boot_id"});
constexpr auto kLogFields = std::to_array<std::string_view>(
    {"timestamp", "origin", "is_error", "message", "boot_id", "job_id"});
constexpr auto kMetricFields =
    std::to_array<std::string_view>({"timestamp", "name", "type", "value"});

std::vector<Guid> guidsOf(std::span<const std::string_view> fields) {
    std::vector<Guid> guids;
    guids.reserve(fields.size());
    for (const std::string_view field : fields) {
        guids.push_back(fieldGuid(field));
    }
    return guids;
}

ObjectTree rootOnly(ObjectKind kind) {
    auto tree = ObjectTree::make({{0, rootGuid(kind)}});
    EVD_CHECK(tree.ok(), "a root alone is a tree");
    return std::move(tree).value();
}

}  // namespace

Guid fieldGuid(std::string_view field) {
    return base::nameGuid(kFieldNamespace, field);
}

Guid rootGuid(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::Events:
            return rootNumbered(1);
        case ObjectKind::Logs:
            return rootNumbered(2);
        case ObjectKind::Metrics:
            return rootNumbered(3);
        case ObjectKind::PublishLogs:
            return rootNumbered(4);
        case ObjectKind::PublishMetrics:
            return rootNumbered(5);
    }
    return {};
}

std::span<const std::string_view> fixedFields(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::Events:
            return kEventFields;
        case ObjectKind::Logs:
            return kLogFields;
        case ObjectKind::Metrics:
            return kMetricFields;
        case ObjectKind::PublishLogs:
        case ObjectKind::PublishMetrics:
            return {};
    }
    return {};
}

FieldTree::FieldTree(ObjectKind kind, std::span<const std::string_view> fields)
    : FieldTree(kind, guidsOf(fields)) {}

FieldTree::FieldTree(ObjectKind kind, std::span<const Guid> fields) : tree_(rootOnly(kind)) {
    std::vector<ObjectTreeNode> nodes = {{0, rootGuid(kind)}};
    std::map<Guid, size_t> places = {{nodes.front().guid, 0}};
    nodes_.reserve(fields.size());
    for (const Guid& guid : fields) {
        const auto [place, is_new] = places.try_emplace(guid, nodes.size());
        if (is_new && nodes.size() < ObjectTree::kNodesMax) {
            nodes.push_back({1, guid});
        }
        // Ruling A3: what found no room stays without a node, however often it occurs.
        nodes_.push_back(place->second < nodes.size() ? std::optional<size_t>(place->second)
                                                      : std::nullopt);
    }
    auto tree = ObjectTree::make(std::move(nodes));
    EVD_CHECK(tree.ok(), "a tree of fields is sound");
    tree_ = std::move(tree).value();
}

std::vector<Guid> telltaleFields(ObjectKind kind, const ResolvedPattern& pattern) {
    if (kind == ObjectKind::Logs || !pattern.descriptor.dacl) {
        return guidsOf(fixedFields(kind));
    }
    std::set<Guid> named;
    for (const Ace& ace : pattern.descriptor.dacl->aces) {
        if (ace.object_type) {
            named.insert(*ace.object_type);
        }
    }
    // Rules may name any GUID, so the one that none names has to be looked for.
    Guid other = rootNumbered(0);
    while (named.contains(other)) {
        auto& low = other.bytes[0];
        auto& high = other.bytes[1];
        high = static_cast<uint8_t>(high + (++low == 0 ? 1 : 0));
    }
    std::vector<Guid> fields = {other};
    named.erase(rootGuid(kind));
    fields.insert(fields.end(), named.begin(), named.end());
    return fields;
}

bool FieldVerdict::recordVisible() const {
    return root || std::ranges::find(fields, true) != fields.end();
}

FieldVerdict checkFields(const Token& token, const ResolvedPattern& pattern,
                         const FieldTree& tree) {
    return checkFieldsAudited(token, pattern, tree).verdict;
}

AuditedFields checkFieldsAudited(const Token& token, const ResolvedPattern& pattern,
                                 const FieldTree& tree) {
    AuditedFields out;
    if (pattern.answer != ResolvedPattern::Answer::Ask) {
        out.verdict.root = pattern.answer == ResolvedPattern::Answer::Open;
        return out;
    }
    AccessQuestion question;
    question.descriptor = &pattern.descriptor;
    question.token = &token;
    question.desired = kEventdRead;
    question.tree = &tree.tree();
    question.local_claims = pattern.local_claims.claims();
    auto answer = checkAccess(question);
    if (!answer.ok()) {
        return out;
    }
    const auto& nodes = answer.value().nodes;
    out.verdict.root = nodes.front().allowed;
    out.verdict.by_field = true;
    out.verdict.fields.resize(tree.fieldCount());
    for (size_t field = 0; field < tree.fieldCount(); ++field) {
        const auto node = tree.nodeOf(field);
        out.verdict.fields[field] = node && nodes[*node].allowed;
    }
    out.audit = std::move(answer).value().audit;
    return out;
}

}  // namespace evd::access
