#pragma once

#include "common/access/security_policy.h"
#include "common/config/registry.h"

#include <map>
#include <string>
#include <vector>

namespace evd::config {

// The descriptors that a registry holds below Security\, and what is wrong with them.
struct SecurityValues {
    access::SecurityPolicy policy;
    std::vector<Problem> problems;
    std::map<std::string, std::string, std::less<>> sources;  // Security\Events\<pattern> → file
};

// Reads Security\{Events,Logs,Metrics,Publish\Logs,Publish\Metrics} (PSD-008 §9.1, Ruling A6).
//
// A pattern's descriptor is the value of its name, or the default value of the subkey of its name;
// where both are there the value counts. What cannot be read as a descriptor stays in the policy
// as unreadable, so that its pattern is closed and does not fall to a wider one; the problem names
// the key. A value of which only a part is of use (no owner, a pattern that matches nothing) is
// reported and kept. Beyond the limits of SecurityPolicy the closed policy is the answer: dropping
// some rule might open what it closes. Pure; any thread.
SecurityValues readSecurityValues(const RegistrySnapshot& snapshot);

// Whether a problem is about Security or something below it, and not about a setting.
bool concernsSecurity(const Problem& problem);

// A change of a setting or a rule, for a person.
struct SettingChange {
    std::string name;
    std::string old_text;  // "" when it was unset
    std::string new_text;
};

// Rules that differ; texts are SDDL, shortened.
std::vector<SettingChange> changedRules(const access::SecurityPolicy& old_policy,
                                        const access::SecurityPolicy& new_policy);

}  // namespace evd::config
