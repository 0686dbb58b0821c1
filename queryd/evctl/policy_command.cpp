#include "queryd/evctl/policy_command.h"

#include "common/base/text.h"
#include "queryd/evctl/config_command.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/policy_words.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <limits>

namespace evd::evctl {

namespace {

using access::ObjectKind;

constexpr size_t kEntryBytes = 4096;
constexpr size_t kEntryBytesMax = size_t{1} << 20;  // a group with very many members
constexpr int kGroupsAtFirst = 64;
constexpr int kGroupsMax = 65536;

std::vector<ObjectKind> chosenKinds(const std::string& word) {
    const auto kind = access::objectKindOf(word);
    return kind
               ? std::vector<ObjectKind>{*kind}
               : std::vector<ObjectKind>{ObjectKind::Events, ObjectKind::Logs, ObjectKind::Metrics};
}

// Asks a reentrant look-up of the C library again with more room while it wants more.
template <typename LookUp>
int withRoom(std::vector<char>& room, LookUp look_up) {
    room.resize(kEntryBytes);
    int outcome = look_up();
    while (outcome == ERANGE && room.size() < kEntryBytesMax) {
        room.resize(room.size() * 2);
        outcome = look_up();
    }
    return outcome;
}

// Names that no group has are passed over, as the supervisor does.
std::vector<gid_t> groupIds(const std::vector<std::string>& names) {
    std::vector<gid_t> ids;
    std::vector<char> room;
    for (const std::string& name : names) {
        group entry{};
        group* found = nullptr;
        (void)withRoom(room, [&]() {
            return ::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
        });
        if (found != nullptr) {
            ids.push_back(found->gr_gid);
        }
    }
    return ids;
}

// Whoever owns the event store started the group; before there is one, whoever asks would.
uid_t ownerOf(const config::Settings& settings) {
    struct stat status {};
    const std::string& path = settings.text("EventStorePath");
    return !path.empty() && ::stat(path.c_str(), &status) == 0 ? status.st_uid : ::getuid();
}

base::Result<void> check(const Arguments& arguments, const config::Configuration& configuration,
                         OutputStream& output) {
    if (arguments.kind.starts_with("publish")) {
        return base::fail(base::ErrorKind::Invalid,
                          "sd check is about what somebody sees, not about what they send");
    }
    const auto user = findUnixUser(arguments.words.at(1));
    if (!user.ok()) {
        return user.error();
    }
    if (::geteuid() != 0 && user.value().uid != ::geteuid()) {
        return base::fail(base::ErrorKind::Denied, "only root may ask what others would see");
    }
    const auto& settings = configuration.settings;
    const auto token = access::tokenOfUnixUser(
        user.value(), {ownerOf(settings), groupIds(settings.list("Linux\\AdminGroups"))});
    const access::PatternTable table(settings.security());
    const std::vector<std::string> fields(arguments.words.begin() + 3, arguments.words.end());
    std::vector<ShownAccess> answers;
    for (const ObjectKind kind : chosenKinds(arguments.kind)) {
        answers.push_back(accessOf(table, token, kind, arguments.words.at(2), fields));
    }
    output.buffer() += arguments.format == "jsonl" ? accessJsonl(answers) : accessTable(answers);
    return output.flush();
}

base::Result<void> show(const Arguments& arguments, const config::Configuration& configuration,
                        OutputStream& output) {
    const auto kinds = chosenKinds(arguments.kind);
    const auto rules = arguments.words.size() > 1
                           ? rulesOf(configuration, kinds, arguments.words.at(1))
                           : allRules(configuration, kinds);
    output.buffer() += arguments.format == "jsonl" ? rulesJsonl(rules) : rulesTable(rules);
    return output.flush();
}

// The answer is right all the same: it says what such a configuration comes to.
void tellOfProblems(const config::Configuration& configuration) {
    for (const config::Problem& problem : configuration.problems) {
        if (config::concernsSecurity(problem)) {
            const std::string line =
                base::cat("evctl: ", printable(config::formatProblem(problem)), '\n');
            (void)!::write(STDERR_FILENO, line.data(), line.size());  // nowhere left to complain
        }
    }
}

}  // namespace

base::Result<access::UnixUser> findUnixUser(const std::string& name) {
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> room;
    const auto number = base::parseU64(name);
    (void)withRoom(room, [&]() {
        return number.ok() && number.value() < std::numeric_limits<uid_t>::max()
                   ? ::getpwuid_r(static_cast<uid_t>(number.value()), &entry, room.data(),
                                  room.size(), &found)
                   : ::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
    });
    if (found == nullptr) {
        return base::fail(base::ErrorKind::NotFound, base::cat("there is no user ", name));
    }
    access::UnixUser user{found->pw_uid, found->pw_gid, {}};
    int count = kGroupsAtFirst;
    user.groups.resize(static_cast<size_t>(count));
    while (::getgrouplist(found->pw_name, user.gid, user.groups.data(), &count) < 0) {
        if (count > kGroupsMax || static_cast<size_t>(count) <= user.groups.size()) {
            return base::fail(base::ErrorKind::Io, base::cat(name, " is in too many groups"));
        }
        user.groups.resize(static_cast<size_t>(count));
    }
    user.groups.resize(static_cast<size_t>(count));
    return user;
}

base::Result<void> runPolicy(const Arguments& arguments, const Environment& environment,
                             OutputStream& output) {
    const auto configuration = readConfiguration(arguments, environment);
    if (!configuration.ok()) {
        return configuration.error();
    }
    EVD_TRY(arguments.words.front() == "check" ? check(arguments, configuration.value(), output)
                                               : show(arguments, configuration.value(), output));
    tellOfProblems(configuration.value());
    return {};
}

}  // namespace evd::evctl
