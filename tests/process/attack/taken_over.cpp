// What makes a program of the group one that was taken over: linked into a test build of it, with
// the linker sending its call of confine() here (--wrap). The rest of the program is the product's,
// object for object, and it serves as always.
//
// Before the jail closes this opens two pipes in $EVD_ATTACK_FOLDER, and behind it starts a thread,
// which is what an attacker inside would have. It reads attempts, one line each, from
// `<program>.commands`, and writes to `results` how they went: "<program> <attempt> <error>". An
// attempt that is answered with death gets no line. EVD_ATTACK_MARKER is looked for in the
// products.

#include "common/base/fd.h"
#include "common/base/text.h"
#include "common/base/thread.h"
#include "sandbox/confine.h"
#include "tests/process/attack/attempts.h"

#include <fcntl.h>
#include <unistd.h>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace evd::test {

namespace {

constexpr size_t kLineBytesMax = 4096;
constexpr size_t kStackBytes = 1024 * 1024;
constexpr const char* kMarker = "evd-attack-build: never installed";

base::Fd openPipe(const std::string& path) {
    // For both directions, so that neither opening nor reading ends when the test is not there.
    return base::Fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
}

pid_t pidIn(std::string_view word) {
    const auto number = base::parseU64(word);
    return number.ok() ? static_cast<pid_t>(number.value()) : 0;
}

AttackTarget targetOf(const std::vector<std::string_view>& words) {
    AttackTarget target;
    target.supervisor = pidIn(words[1]);
    target.sibling = pidIn(words[2]);
    target.database = words[3];
    target.secret = words[4];
    target.writable = words[5];
    target.query_socket = words[6];
    return target;
}

void attack(int commands, int results) {
    std::string line(kLineBytesMax, '\0');
    while (true) {
        // One line at a time: the test waits for the answer before it sends the next.
        const ssize_t bytes = ::read(commands, line.data(), line.size());
        if (bytes <= 0) {
            return;
        }
        const std::string_view text = base::trim({line.data(), static_cast<size_t>(bytes)});
        const auto words = base::split(text, ' ');
        if (words.size() != 7) {
            continue;
        }
        const int outcome = makeAttempt(words[0], targetOf(words));
        const std::string answer =
            base::cat(program_invocation_short_name, " ", words[0], " ", outcome, "\n");
        (void)!::write(results, answer.data(), answer.size());
    }
}

}  // namespace

}  // namespace evd::test

extern "C" {
// The linker's names for the two ends of the detour.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
evd::base::Result<void> __real__ZN3evd7sandbox7confineERKNS0_11ConfinementE(
    const evd::sandbox::Confinement& confinement);
}

extern "C" __attribute__((used)) evd::base::Result<void>
__wrap__ZN3evd7sandbox7confineERKNS0_11ConfinementE(const evd::sandbox::Confinement& confinement) {
    namespace base = evd::base;
    namespace test = evd::test;
    const char* folder = std::getenv("EVD_ATTACK_FOLDER");
    base::Fd commands;
    base::Fd results;
    if (folder != nullptr && std::string_view(folder) != test::kMarker) {
        commands =
            test::openPipe(base::cat(folder, "/", program_invocation_short_name, ".commands"));
        results = test::openPipe(base::cat(folder, "/results"));
    }
    auto confined = __real__ZN3evd7sandbox7confineERKNS0_11ConfinementE(confinement);
    if (confined.ok() && commands.valid() && results.valid()) {
        const int from = commands.release();
        const int to = results.release();
        // Never joined: it ends with the process.
        (void)std::make_unique<base::Thread>(
            "attacker", [from, to] { test::attack(from, to); }, test::kStackBytes)
            .release();
    }
    return confined;
}
