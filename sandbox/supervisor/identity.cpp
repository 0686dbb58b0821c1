#include "sandbox/supervisor/identity.h"

#include "common/base/text.h"
#include "sandbox/privileges.h"

#include <linux/capability.h>
#include <pwd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace evd::supervisor {

namespace {

using base::cat;

constexpr size_t kEntryBytes = 4096;
constexpr size_t kEntryBytesMax = size_t{1} << 20;

constexpr auto kPrograms = std::to_array<std::pair<std::string_view, Program>>({
    {"store", Program::Store},
    {"queryd", Program::Queryd},
    {"ingest", Program::Ingest},
    {"kmesd", Program::Kmesd},
    {"collector", Program::Collector},
    {"sensor", Program::Sensor},
});
static_assert(kPrograms.size() == kProgramCount);

// The last number is what the kernel calls "no such id".
std::optional<uint32_t> parseId(std::string_view text) {
    const auto number = base::parseU64(text);
    return number.ok() && number.value() < std::numeric_limits<uint32_t>::max()
               ? std::optional(static_cast<uint32_t>(number.value()))
               : std::nullopt;
}

std::optional<Identity> numericUser(std::string_view text) {
    const size_t colon = text.find(':');
    const auto uid = parseId(text.substr(0, colon));
    const auto gid = colon == std::string_view::npos ? uid : parseId(text.substr(colon + 1));
    return uid && gid ? std::optional(Identity{*uid, *gid, {}}) : std::nullopt;
}

std::optional<Program> programNamed(std::string_view name) {
    const auto found = std::find_if(kPrograms.begin(), kPrograms.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    return found == kPrograms.end() ? std::nullopt : std::optional(found->second);
}

base::Error invalid(std::string_view entry, std::string_view why) {
    return base::fail(base::ErrorKind::Invalid, cat("Linux\\Users: ", entry, ": ", why));
}

base::Result<void> requireOwnUser(const Identities& all, std::string_view entry,
                                  const Identity& identity) {
    if (identity.uid == 0 || identity.gid == 0) {
        return invalid(entry, "a program of the group is not to be root");
    }
    for (const auto& [program, other] : all.programs) {
        if (other.uid == identity.uid) {
            return invalid(entry, "another program is that user already");
        }
    }
    return {};
}

}  // namespace

std::optional<Identity> lookUpUser(const std::string& name) {
    passwd found{};
    passwd* result = nullptr;
    std::vector<char> entry(kEntryBytes);
    int outcome = 0;
    while ((outcome = ::getpwnam_r(name.c_str(), &found, entry.data(), entry.size(), &result)) ==
               ERANGE &&
           entry.size() < kEntryBytesMax) {
        entry.resize(entry.size() * 2);
    }
    return outcome == 0 && result != nullptr
               ? std::optional(Identity{found.pw_uid, found.pw_gid, {}})
               : std::nullopt;
}

base::Result<Identities> chooseIdentities(const std::vector<std::string>& entries,
                                          const UserLookup& lookup) {
    Identities all;
    if (entries.empty()) {
        all.why_none = "Linux\\Users is empty";
        return all;
    }
    for (const auto& entry : entries) {
        const size_t equals = entry.find('=');
        const auto program = programNamed(std::string_view(entry).substr(0, equals));
        if (equals == std::string::npos || !program || all.programs.contains(*program)) {
            return invalid(entry, "expected one user for each program, as in store=eventd");
        }
        const std::string user = entry.substr(equals + 1);
        auto identity = numericUser(user);
        if (!identity) {
            identity = lookup(user);
        }
        if (!identity) {
            return Identities{{}, cat("there is no user ", user)};
        }
        EVD_TRY(requireOwnUser(all, entry, *identity));
        all.programs.emplace(*program, std::move(*identity));
    }
    if (all.programs.size() != kProgramCount) {
        return Identities{{}, "Linux\\Users does not name a user for every program"};
    }
    all.programs.at(Program::Queryd).groups = {all.programs.at(Program::Store).gid};
    return all;
}

bool maySwitchUsers() {
    constexpr std::array kNeeded = {CAP_SETUID, CAP_SETGID, CAP_KILL};
    return sandbox::holdsCapabilities(kNeeded);
}

}  // namespace evd::supervisor
