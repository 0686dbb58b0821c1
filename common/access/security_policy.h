#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::access {

// What has descriptors: reading events, logs and metrics (PSD-008 §9.1), and sending logs and
// metrics under a name.
enum class ObjectKind : uint8_t { Events, Logs, Metrics, PublishLogs, PublishMetrics };
inline constexpr ObjectKind kObjectKinds[] = {ObjectKind::Events, ObjectKind::Logs,
                                              ObjectKind::Metrics, ObjectKind::PublishLogs,
                                              ObjectKind::PublishMetrics};

// Below Machine\System\eventd: Security\Events, Security\Publish\Logs.
std::string_view registryKeyOf(ObjectKind kind);
// What a person types and audit contexts begin with: events, logs, metrics, publish-logs.
std::string_view wordOf(ObjectKind kind);
// Whether it is about sending and not about reading.
inline bool isPublishing(ObjectKind kind) {
    return kind == ObjectKind::PublishLogs || kind == ObjectKind::PublishMetrics;
}
std::optional<ObjectKind> objectKindOf(std::string_view word);

inline constexpr std::string_view kWildcardPattern = "*";

// Names compare as registry names do, because patterns are such names: without regard to the case
// of ASCII letters, / like \, several separators like one.
std::string foldObjectName(std::string_view name);

// One descriptor, under the pattern it is for.
struct SecurityRule {
    std::string pattern;              // as spelled
    std::vector<uint8_t> descriptor;  // self-relative; empty: set to nothing
    // False when no descriptor can be had from what is there, which `descriptor` then holds.
    bool readable = true;

    bool operator==(const SecurityRule&) const = default;
};

// All descriptors that the configuration sets, as bytes: what the supervisor reads from the
// registry and hands to those who enforce it.
//
// Only what is set is here; defaults and what a missing rule means are PatternTable's. A plain
// value; at most kRulesMax rules of kBytesMax bytes together, patterns included, which whoever
// makes one sees to with fits(). set() of a pattern that is there replaces it.
class SecurityPolicy {
  public:
    using Rules = std::map<std::string, SecurityRule, std::less<>>;  // by folded pattern

    static constexpr size_t kRulesMax = 4096;
    static constexpr size_t kBytesMax = size_t{4} << 20;

    void set(ObjectKind kind, SecurityRule rule);
    const Rules& rules(ObjectKind kind) const;
    size_t ruleCount() const;
    bool fits() const;

    bool operator==(const SecurityPolicy&) const = default;

  private:
    std::map<ObjectKind, Rules> rules_;
};

// The policy that lets nobody see anything, for when the right one cannot be had.
SecurityPolicy closedPolicy();
// The policy that lets nobody but SYSTEM see anything, and everybody send.
SecurityPolicy systemPolicy();

// For a person and for records of changes: SDDL, or nothing when the rule has no text.
std::optional<std::string> ruleText(const SecurityRule& rule);

}  // namespace evd::access
