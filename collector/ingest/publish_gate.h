#pragma once

#include "common/access/live_policy.h"
#include "common/access/unix_token.h"

#include <sys/types.h>
#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace evd::collector {

// Who has sent a datagram, in the kernel's word (SCM_CREDENTIALS). It names one group, the primary
// one: the others are not told with a datagram, and may not be looked up, because whoever had that
// pid may be gone.
struct Sender {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);

    bool operator==(const Sender&) const = default;
};

// Lets a door know whether a sender may use an origin or a metric name: the right EVENTD_PUBLISH
// on the descriptors below Security\Publish, which close the gap that PSD-008 §9.2 speaks of.
//
// Nobody who has no such descriptors pays for it: where everybody may send, admits() is one look at
// a flag. Otherwise the sender's uid and primary group make a token (Ruling A8), and its verdicts
// are kept by sender and pattern, at most kVerdictsMax of them; a sender that changes its uid all
// the time only makes us ask again. refresh() takes a changed policy over and drops them. Belongs
// to one door's thread; the policy outlives it.
class PublishGate {
  public:
    static constexpr size_t kVerdictsMax = 4096;

    // Everybody may send.
    PublishGate() = default;
    // `kind` is PublishLogs or PublishMetrics.
    // The sensor, where it is a user of its own, sends as SYSTEM: its records are the group's own.
    PublishGate(const access::LivePolicy& policy, access::ObjectKind kind, access::UnixRoles roles,
                std::optional<uid_t> sensor_uid = std::nullopt);

    // Before each datagram; costs next to nothing.
    void refresh();
    bool isOpen() const { return open_; }
    bool admits(const Sender& sender, std::string_view name) {
        return open_ || isPermitted(sender, name);
    }
    size_t verdictCount() const { return verdicts_.size(); }

  private:
    struct Key {
        Sender sender;
        size_t pattern = 0;

        bool operator==(const Key&) const = default;
    };
    struct Hash {
        size_t operator()(const Key& key) const;
    };

    bool isPermitted(const Sender& sender, std::string_view name);
    void take(access::PolicyInForce policy);

    const access::LivePolicy* policy_ = nullptr;
    access::ObjectKind kind_ = access::ObjectKind::PublishLogs;
    access::UnixRoles roles_;
    std::optional<uid_t> sensor_uid_;
    access::PolicyInForce in_force_;
    bool open_ = true;
    std::unordered_map<Key, bool, Hash> verdicts_;
};

}  // namespace evd::collector
