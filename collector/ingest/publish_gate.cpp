#include "collector/ingest/publish_gate.h"

#include "common/access/publish_access.h"

#include <functional>
#include <utility>

namespace evd::collector {

size_t PublishGate::Hash::operator()(const Key& key) const {
    const uint64_t who = uint64_t{key.sender.uid} << 32 | key.sender.gid;
    return std::hash<uint64_t>()(who) * size_t{0x9E37'79B9'7F4A'7C15} + key.pattern;
}

PublishGate::PublishGate(const access::LivePolicy& policy, access::ObjectKind kind,
                         access::UnixRoles roles, std::optional<uid_t> sensor_uid)
    : policy_(&policy), kind_(kind), roles_(std::move(roles)), sensor_uid_(sensor_uid) {
    take(policy.current());
}

void PublishGate::refresh() {
    if (policy_ != nullptr && policy_->generation() != in_force_.generation) {
        take(policy_->current());
    }
}

void PublishGate::take(access::PolicyInForce policy) {
    in_force_ = std::move(policy);
    open_ = access::isOpenToAll(*in_force_.table, kind_);
    verdicts_.clear();
}

bool PublishGate::isPermitted(const Sender& sender, std::string_view name) {
    const access::ResolvedPattern& pattern = in_force_.table->resolve(kind_, name);
    const Key key{sender, pattern.id};
    const auto known = verdicts_.find(key);
    if (known != verdicts_.end()) {
        return known->second;
    }
    const uid_t uid = sensor_uid_ && sender.uid == *sensor_uid_ ? roles_.owner_uid : sender.uid;
    const access::Token token = access::tokenOfUnixUser({uid, sender.gid, {}}, roles_);
    const bool permitted = access::mayPublish(token, kind_, pattern);
    if (verdicts_.size() >= kVerdictsMax) {
        verdicts_.clear();
    }
    verdicts_.emplace(key, permitted);
    return permitted;
}

}  // namespace evd::collector
