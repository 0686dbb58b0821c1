#include "common/config/lcs_registry.h"

#include "common/access/pattern_table.h"
#include "common/access/sddl.h"
#include "common/access/security_policy.h"
#include "common/base/text.h"
#include "common/config/lcs_reader.h"
#include "common/config/registry_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace evd::config {

namespace {

using access::ObjectKind;
using base::cat;

constexpr const char* kSource = "LCS";
// Those that the specification gives defaults to. Sending is ours, and open where nothing is set.
constexpr std::array kReadKinds = {ObjectKind::Events, ObjectKind::Logs, ObjectKind::Metrics};

std::string defaultName(ObjectKind kind) {
    return cat(access::registryKeyOf(kind), "\\", access::kWildcardPattern);
}

std::string errnoText(int outcome) {
    const char* name = ::strerrorname_np(-outcome);
    return name == nullptr ? cat("error ", -outcome) : std::string(name);
}

Problem problemOf(std::string_view name, std::string reason) {
    return {kSource, name.empty() ? std::string(kRegistryRoot) : cat(kRegistryRoot, "\\", name), "",
            std::move(reason), false};
}

bool holdsDefault(const RegistrySnapshot& snapshot, ObjectKind kind) {
    const std::string folded = foldRegistryName(defaultName(kind));
    return snapshot.values.contains(folded) || snapshot.values.contains(folded + "\\@");
}

// Spec §9.1: without a default nothing of the kind is shown.
void closeWithoutDefault(RegistrySnapshot& snapshot) {
    for (const ObjectKind kind : kReadKinds) {
        if (holdsDefault(snapshot, kind)) {
            continue;
        }
        RegistryValue closed;
        closed.name = defaultName(kind);
        closed.type = ValueType::Binary;
        closed.data = SettingValue(std::vector<uint8_t>());
        closed.source = kSource;
        snapshot.problems.push_back(
            problemOf(closed.name, cat("is not there; nobody may see any ", access::wordOf(kind))));
        snapshot.values.insert_or_assign(foldRegistryName(closed.name), std::move(closed));
    }
}

// All below our key. 0 and an empty snapshot when there is no such key.
int readAll(const LcsCalls& calls, RegistrySnapshot& snapshot) {
    const int opened = calls.openKey(-1, std::string(kRegistryRoot).c_str(), kLcsRead);
    const base::Fd key(opened < 0 ? -1 : opened);
    LcsReader reader(calls);
    const int outcome = opened < 0 ? opened : reader.readTree(opened, "");
    if (outcome < 0 && outcome != -ENOENT) {
        return outcome;
    }
    if (outcome == 0) {
        snapshot = std::move(reader.snapshot());
    }
    return 0;
}

base::Result<base::Fd> makeKey(const LcsCalls& calls, const std::string& path) {
    uint32_t disposition = 0;
    LcsCreateKey arguments;
    arguments.path = reinterpret_cast<uint64_t>(path.c_str());
    arguments.access = kLcsRead | kLcsSetValue | kLcsCreateSubKey;
    arguments.disposition_out = reinterpret_cast<uint64_t>(&disposition);
    const int outcome = calls.createKey(arguments);
    if (outcome < 0) {
        return base::failErrno(cat("cannot create ", path), -outcome);
    }
    return base::Fd(outcome);
}

std::vector<uint8_t> defaultDescriptor(ObjectKind kind) {
    const auto descriptor = access::parseSddl(access::defaultSddl(kind));
    EVD_CHECK(descriptor.ok(), "a default descriptor is sound");
    auto bytes = access::buildSecurityDescriptor(descriptor.value());
    EVD_CHECK(bytes.ok(), "a default descriptor can be written");
    return std::move(bytes).value();
}

base::Result<void> createDefault(const LcsCalls& calls, ObjectKind kind) {
    // One after the other, because a call creates only the last component of a path.
    const std::string root(kRegistryRoot);
    base::Fd key;
    for (const auto& path :
         {root, cat(root, "\\Security"), cat(root, "\\", access::registryKeyOf(kind))}) {
        auto made = makeKey(calls, path);
        if (!made.ok()) {
            return made.error();
        }
        key = std::move(made).value();
    }
    const auto descriptor = defaultDescriptor(kind);
    LcsSetValue arguments;
    arguments.name = reinterpret_cast<uint64_t>(access::kWildcardPattern.data());
    arguments.name_bytes = static_cast<uint32_t>(access::kWildcardPattern.size());
    arguments.type = kLcsBinary;
    arguments.data = reinterpret_cast<uint64_t>(descriptor.data());
    arguments.data_bytes = static_cast<uint32_t>(descriptor.size());
    const int outcome = calls.setValue(key.get(), arguments);
    return outcome < 0 ? base::Result<void>(base::failErrno("cannot set the value", -outcome))
                       : base::Result<void>();
}

bool keyIsThere(const LcsCalls& calls, ObjectKind kind) {
    const std::string path = cat(kRegistryRoot, "\\", access::registryKeyOf(kind));
    const int opened = calls.openKey(-1, path.c_str(), kLcsRead);
    const base::Fd key(opened < 0 ? -1 : opened);
    return opened != -ENOENT;
}

}  // namespace

RegistrySnapshot LcsRegistry::read() {
    // In this order, so that nothing changes unseen between the two.
    const int armed = watch_.arm();
    RegistrySnapshot fresh;
    const int outcome = readAll(calls_, fresh);
    if (outcome < 0) {
        watch_.retryLater();
        RegistrySnapshot kept = last_good_.value_or(RegistrySnapshot{});
        kept.is_complete = last_good_.has_value();
        kept.problems.push_back(problemOf("", cat("cannot be read (", errnoText(outcome), ")",
                                                  last_good_ ? ", keeping what was" : "")));
        return kept;
    }
    closeWithoutDefault(fresh);
    last_good_ = fresh;
    if (armed < 0) {
        fresh.problems.push_back(problemOf(
            "", cat("cannot be watched (", errnoText(armed), "), it is read again now and then")));
    }
    return fresh;
}

std::vector<Problem> createLcsDefaults(const LcsCalls& calls, bool is_first_start,
                                       std::vector<std::string>& created) {
    std::vector<Problem> problems;
    RegistrySnapshot present;
    if (const int outcome = readAll(calls, present); outcome < 0) {
        problems.push_back(problemOf(
            "Security", cat("cannot be read (", errnoText(outcome), "), no defaults are created")));
        return problems;
    }
    for (const ObjectKind kind : kReadKinds) {
        if (holdsDefault(present, kind) || (!is_first_start && keyIsThere(calls, kind))) {
            continue;
        }
        const auto done = createDefault(calls, kind);
        if (done.ok()) {
            created.push_back(defaultName(kind));
        } else {
            problems.push_back(problemOf(defaultName(kind), done.error().text));
        }
    }
    return problems;
}

}  // namespace evd::config
