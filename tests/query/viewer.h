#pragma once

#include "queryd/access/access_policy.h"
#include "queryd/access/authority.h"
#include "tests/query/random.h"
#include "tests/query/random_cross.h"
#include "tests/query/simple_policy.h"

#include <string>
#include <vector>

namespace evd::test {

// Who asks, under rules for all three stores: SYSTEM, which sees everything, or one for whom the
// store is what the rules leave of it.
class Viewer {
  public:
    explicit Viewer(Random& random);

    queryd::AccessPolicy& policy() { return policy_; }
    const queryd::Caller& caller() const { return caller_; }
    const char* name() const { return sees_all_ ? "SYSTEM" : kSimpleCallerSid; }

    std::vector<SimpleRecord> visible(access::ObjectKind kind,
                                      const std::vector<SimpleRecord>& records) const;
    // What conditions on other stores may go by.
    OtherStores visible(const OtherStores& stores) const;

    // Whether refusing the question for this field is right (Ruling A4): some record of a type that
    // the question is about and of which something may be seen hides it.
    bool mayRefuse(access::ObjectKind kind, const SimpleQuestion& question,
                   const std::vector<SimpleRecord>& records) const;
    // Whether it must not be answered: a record that goes into the answer hides such a field.
    bool mustRefuse(access::ObjectKind kind, const SimpleQuestion& question,
                    const std::vector<SimpleRecord>& visible) const;

  private:
    const SimplePolicy& rulesOf(access::ObjectKind kind) const;
    bool hidesOneOf(access::ObjectKind kind, const SimpleRecord& record,
                    const std::vector<std::string>& fields) const;

    const bool sees_all_;
    const SimplePolicy events_;
    const SimplePolicy logs_;
    const SimplePolicy metrics_;
    const queryd::Caller caller_;
    queryd::ReferenceChecker checker_;
    queryd::AccessPolicy policy_{checker_};
};

}  // namespace evd::test
