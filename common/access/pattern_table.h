#pragma once

#include "common/access/claims.h"
#include "common/access/security_descriptor.h"
#include "common/access/security_policy.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace evd::access {

// The rule that a name falls under.
struct ResolvedPattern {
    enum class Answer {
        Ask,     // the access check decides by `descriptor`
        Closed,  // nobody gets anything
        Open,    // everybody gets everything; only sending is ever so
    };
    enum class Source { Registry, Default, Nothing };

    Answer answer = Answer::Closed;
    Source source = Source::Nothing;
    std::string pattern;            // as spelled
    size_t id = 0;                  // unique within a table, below its size()
    SecurityDescriptor descriptor;  // when the answer is Ask
    ClaimSet local_claims;          // likewise
    // Rules for single fields: the verdict depends on which fields a record has (Spec §9.2).
    bool by_field = false;
};

// Which descriptor governs a name (PSD-008 §9.1): an event type, a log origin, a metric name.
//
// The exact name is looked for, then the name without its last component after a dot, and so on,
// then `*`. The first that is set wins, even when it can grant nothing:
//   - a descriptor that cannot be read closes what falls under its pattern, and only that (A6);
//   - a pattern set to empty does the same; the empty `*` counts as a missing default and closes
//     the whole kind, patterns of their own included (§9.1, A10);
//   - `*` that is not set at all is the compiled default for reading (A10), and open for sending.
//
// Made from a policy once and never changed; any thread. Resolving takes a look-up for each
// component of the name that is not longer than the longest pattern. Never fails.
class PatternTable {
  public:
    explicit PatternTable(const SecurityPolicy& policy);

    // Lives as long as the table.
    const ResolvedPattern& resolve(ObjectKind kind, std::string_view name) const;
    // All rules of a kind, `*` included, by folded pattern.
    std::vector<const ResolvedPattern*> rules(ObjectKind kind) const;
    size_t size() const { return next_id_; }

  private:
    struct Kind {
        std::map<std::string, ResolvedPattern, std::less<>> by_pattern;
        ResolvedPattern fallback;  // what `*` says
        size_t longest = 0;
    };

    void addKind(ObjectKind kind, const SecurityPolicy::Rules& rules);

    std::map<ObjectKind, Kind> kinds_;
    size_t next_id_ = 0;
};

// The descriptor of `*` where no file sets it, as SDDL (Spec §9.1, Ruling A10); empty for sending.
std::string_view defaultSddl(ObjectKind kind);

// Whether a rule names a field, so that fields may differ, or what is to be audited may.
bool hasFieldRules(const SecurityDescriptor& descriptor);

}  // namespace evd::access
