#pragma once

#include "queryd/access/record_access.h"
#include "queryd/plan/record_table.h"

#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace evd::queryd {

// Above this many rules a question does not ask for each of them whether it grants everything.
inline constexpr size_t kRulesAskedMax = 64;

// What the caller may see of records under one name.
enum class NameSight {
    Nothing,     // the name counts as absent (Ruling A4)
    Part,        // some records or some fields: each record is judged
    Everything,  // nobody needs to look
};

// What one caller may see of one kind of records, for a question that may not see all of them.
//
// Hangs on a plan (RecordPlan::sight, MetricPlan::sight): a plan without one is answered as if
// there were no access control, one with it wherever records are read. Holds on to one policy, so
// that an answer is of one piece. Immutable, shared by all threads of a question; each of them asks
// a SightJudge of its own. The policy's keeper outlives it.
class Sight {
  public:
    // Without a policy nothing may be seen.
    Sight(AccessPolicy* policy, std::shared_ptr<const Caller> caller, PolicyInForce in_force,
          access::ObjectKind kind);

  private:
    friend class SightJudge;

    AccessPolicy* const policy_;
    const std::shared_ptr<const Caller> caller_;
    const PolicyInForce in_force_;
    const access::ObjectKind kind_;
};

// Asks RecordAccess, the only judge there is, on behalf of one sight. One thread; the sight
// outlives it.
class SightJudge {
  public:
    explicit SightJudge(const Sight& sight);

    NameSight of(std::string_view name);
    // Whether this field of records under the name is granted.
    bool showsField(std::string_view name, std::string_view field);
    // Valid until the next call of any function here.
    const access::FieldVerdict& of(std::string_view name, std::span<const std::string_view> fields);

  private:
    const Sight& sight_;
    std::optional<RecordAccess> access_;  // none: nothing may be seen
    access::FieldVerdict nothing_;
};

access::ObjectKind kindOf(StoreKind store);

// The sights of one question, by kind of records.
//
// Made when the question begins and asked for each kind of records that it reads; a streaming
// question refreshes them before each batch (Spec §9.2). One thread. Without a policy, which
// programs have that ask for themselves, SYSTEM and administrators see everything and others
// nothing.
class Sights {
  public:
    Sights(AccessPolicy* policy, const Caller& caller);

    // None: everything of the kind may be seen, by whatever name.
    std::shared_ptr<const Sight> of(access::ObjectKind kind);

    // Takes up a newer policy. What was given out before keeps the old one.
    void refresh();

    // Whether something that was asked for is not to be seen in full.
    bool isRestricted() const { return is_restricted_; }

  private:
    bool seesEverything(access::ObjectKind kind) const;

    AccessPolicy* const policy_;
    const std::shared_ptr<const Caller> caller_;
    PolicyInForce in_force_;
    bool is_restricted_ = false;
};

}  // namespace evd::queryd
