#pragma once

#include "common/access/security_policy.h"
#include "tests/query/random.h"
#include "tests/query/simple_evaluator.h"

#include <set>
#include <string>
#include <vector>

namespace evd::test {

// The other opinion on who may see what: one caller, and rules that grant them all fields, all but
// some, some, or none. Written down once as descriptors for the product and once as plain sets, so
// that nothing of the product's judgement is used to say what must come out.
struct SimpleRule {
    std::string pattern;  // the first of a list is *
    bool all = false;
    std::set<std::string> denied;   // of all
    std::set<std::string> granted;  // where not all
};

// Rules for one kind of records.
class SimplePolicy {
  public:
    explicit SimplePolicy(std::vector<SimpleRule> rules) : rules_(std::move(rules)) {}

    bool shows(const std::string& name, const std::string& field) const;
    // Whether there could be something to see (Ruling A4).
    bool mayRead(const std::string& name) const;
    // As descriptors, which let SYSTEM read everything.
    void addTo(access::ObjectKind kind, access::SecurityPolicy& policy) const;

    // The store from which everything hidden was removed: hidden fields, and records of which
    // nothing is left.
    std::vector<SimpleRecord> visible(const std::vector<SimpleRecord>& records) const;

  private:
    const SimpleRule& ruleOf(const std::string& name) const;

    std::vector<SimpleRule> rules_;
};

// Whom the rules are about: uid 1001.
inline constexpr const char* kSimpleCallerSid = "S-1-22-1-1001";

SimplePolicy randomPolicy(Random& random, access::ObjectKind kind);

// The fields that the answer is made by (Ruling A4), as the question names them.
std::vector<std::string> referencesOf(const SimpleQuestion& question);

}  // namespace evd::test
