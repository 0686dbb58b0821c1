#pragma once

#include "queryd/access/access_policy.h"
#include "queryd/access/authority.h"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace evd::queryd {

// What one caller may see, record by record: the object that enforcement asks (Spec §9.2).
//
//     RecordAccess access(policy, caller);
//     const auto& verdict = access.of(ObjectKind::Events, type, fields);
//     if (verdict.recordVisible()) { for each field i: if (verdict.shows(i)) ... }
//
// Takes pattern resolution, trees and caching away from whoever reads rows. Each thread of each
// question makes its own: it keeps what it has met in tables without a lock, and asks the common
// cache only for what is new to it. It sees one policy until refresh() is called, which a streaming
// question does before each batch and an ordinary one never, so that an answer is of one piece.
// Policy and caller outlive it. Its tables are emptied when they hold kKnownMax entries
// or kKnownBytesMax bytes. Never fails: what cannot be decided is denied.
class RecordAccess {
  public:
    static constexpr size_t kKnownMax = 4096;
    static constexpr size_t kKnownBytesMax = size_t{4} << 20;  // of names

    RecordAccess(AccessPolicy& policy, const Caller& caller);
    // Of a policy that other threads of the question have begun with too.
    RecordAccess(AccessPolicy& policy, const Caller& caller, PolicyInForce in_force);
    RecordAccess(const RecordAccess&) = delete;
    RecordAccess& operator=(const RecordAccess&) = delete;

    // What the caller may see of a record with this type, origin or metric name and these fields,
    // in this order. Valid until the next call of any function here.
    const access::FieldVerdict& of(access::ObjectKind kind, std::string_view name,
                                   std::span<const std::string_view> fields);

    // Whether this field of records under this name is granted, whatever else they hold (A4, A5).
    bool seesField(access::ObjectKind kind, std::string_view name, std::string_view field);
    // Whether there could be a record under this name of which the caller sees anything; a name of
    // which this is false counts as absent (Ruling A4).
    bool mayRead(access::ObjectKind kind, std::string_view name);
    // Whether every record under this name is granted with all its fields (of up to
    // FieldTree::kFieldsMax), so that nobody needs to look at them one by one.
    bool seesAll(access::ObjectKind kind, std::string_view name);

    // Takes up a newer policy; true when there was one.
    bool refresh();

  private:
    struct TextHash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    struct KnownFields {
        std::vector<std::string> fields;
        VerdictCache::Verdict verdict;
    };
    // One pattern as this caller meets it.
    struct KnownPattern {
        const access::ResolvedPattern* pattern = nullptr;
        VerdictCache::Verdict whole;                             // of a pattern without field rules
        VerdictCache::Verdict telltales;                         // of a pattern with them
        std::unordered_multimap<size_t, KnownFields> by_fields;  // by the hash of their names
    };
    using Names = std::unordered_map<std::string, KnownPattern*, TextHash, std::equal_to<>>;

    KnownPattern& patternOf(access::ObjectKind kind, std::string_view name);
    const access::FieldVerdict& wholeOf(access::ObjectKind kind, std::string_view name,
                                        KnownPattern& known);
    const access::FieldVerdict& telltalesOf(access::ObjectKind kind, std::string_view name,
                                            KnownPattern& known);
    VerdictCache::Verdict verdictOn(access::ObjectKind kind, std::string_view name,
                                    const access::ResolvedPattern& pattern,
                                    std::span<const std::string_view> fields);
    template <typename Make>
    VerdictCache::Verdict obtain(VerdictKey key, Make make);
    access::FieldVerdict decide(const RecordQuestion& question) const;
    void makeRoom();
    void forget();
    void remember(size_t bytes);

    AccessPolicy& policy_;
    const Caller& caller_;
    PolicyInForce in_force_;
    std::array<Names, std::size(access::kObjectKinds)> names_;
    std::unordered_map<size_t, KnownPattern> patterns_;  // by id; addresses stay
    size_t known_ = 0;                                   // names and field sets held
    size_t known_bytes_ = 0;
};

}  // namespace evd::queryd
