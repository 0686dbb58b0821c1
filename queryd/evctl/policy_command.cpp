#include "queryd/evctl/policy_command.h"

#include "common/base/text.h"
#include "queryd/evctl/config_command.h"
#include "queryd/evctl/output/list_text.h"
#include "queryd/evctl/policy_words.h"
#include "queryd/evctl/terminal.h"

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

// Whoever owns the lock started the group: the store itself may belong to a user of its own. Before
// there is a store, whoever asks would start it.
uid_t ownerOf(const config::Settings& settings) {
    struct stat status {};
    const std::string& store = settings.text("EventStorePath");
    for (const std::string& path : {base::cat(store, "/eventd.lock"), store}) {
        if (!store.empty() && ::stat(path.c_str(), &status) == 0) {
            return status.st_uid;
        }
    }
    return ::getuid();
}

// Whom and what `sd check` is about.
struct Subject {
    std::string user;  // "" for who runs evctl
    std::string name;
    std::vector<std::string> fields;
};

// `check USER NAME [FIELD...]`, `check NAME`, or with --user `check NAME [FIELD...]`.
Subject subjectOf(const Arguments& arguments) {
    const auto& words = arguments.words;
    const bool names_user = arguments.user.empty() && words.size() > 2;
    const size_t name_at = names_user ? 2 : 1;
    Subject subject;
    subject.user = names_user ? words.at(1) : arguments.user;
    subject.name = words.at(name_at);
    subject.fields.assign(words.begin() + static_cast<std::ptrdiff_t>(name_at) + 1, words.end());
    return subject;
}

// As this process is, which may differ from what the user database says of its user.
base::Result<access::UnixUser> ownUser() {
    access::UnixUser user{::geteuid(), ::getegid(), {}};
    const int count = ::getgroups(0, nullptr);
    if (count > 0) {
        user.groups.resize(static_cast<size_t>(count));
        if (::getgroups(count, user.groups.data()) != count) {
            return base::failErrno("cannot find out your groups", errno);
        }
    }
    return user;
}

base::Result<void> check(const Arguments& arguments, const config::Configuration& configuration,
                         OutputStream& output) {
    const Subject subject = subjectOf(arguments);
    if (arguments.kind.starts_with("publish") && !subject.fields.empty()) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("sending is allowed or not, whatever the fields; ",
                                    subject.fields.front(), " is one too many"));
    }
    const auto user = subject.user.empty() ? ownUser() : findUnixUser(subject.user);
    if (!user.ok()) {
        return user.error();
    }
    if (::geteuid() != 0 && user.value().uid != ::geteuid()) {
        return base::fail(base::ErrorKind::Denied, "only root may ask what others would see");
    }
    const auto& settings = configuration.settings;
    const access::UnixRoles roles{ownerOf(settings), groupIds(settings.list("Linux\\AdminGroups"))};
    const auto token = access::tokenOfUnixUser(user.value(), roles);
    const access::PatternTable table(settings.security());
    std::vector<ShownAccess> answers;
    for (const ObjectKind kind : chosenKinds(arguments.kind)) {
        if (!access::isPublishing(kind)) {
            answers.push_back(accessOf(table, token, kind, subject.name, subject.fields));
            continue;
        }
        // A datagram tells the primary group alone (publish_gate.h).
        const auto sender =
            access::tokenOfUnixUser({user.value().uid, user.value().gid, {}}, roles);
        answers.push_back(publishingOf(table, sender, kind, subject.name));
    }
    output.buffer() += listText(arguments.format, accessTable(answers), accessJsonl(answers));
    return output.flush();
}

base::Result<void> show(const Arguments& arguments, const config::Configuration& configuration,
                        OutputStream& output) {
    const auto kinds = chosenKinds(arguments.kind);
    const auto rules = arguments.words.size() > 1
                           ? rulesOf(configuration, kinds, arguments.words.at(1))
                           : allRules(configuration, kinds);
    output.buffer() += listText(arguments.format, rulesTable(rules), rulesJsonl(rules));
    return output.flush();
}

// The answer is right all the same: it says what such a configuration comes to.
void tellOfProblems(const config::Configuration& configuration) {
    for (const config::Problem& problem : configuration.problems) {
        if (config::concernsSecurity(problem)) {
            complain(config::formatProblem(problem));
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
