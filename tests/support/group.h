#pragma once

#include "common/base/fd.h"
#include "common/base/thread.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <sys/types.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// A folder for the state of one group.
class StateFolder final : public TemporaryDirectory {
  public:
    std::string below(const std::string& name) const { return *this / name; }
};

// One value of a registry file: the JSON type name and the JSON text of its data.
struct RegistryValue {
    std::string path;  // below Machine\System\eventd, "" for the key itself
    std::string name;
    std::string type;
    std::string json;
};

struct GroupOptions {
    std::vector<RegistryValue> values;
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  // NAME=VALUE, added to ours
    std::string program = {};              // another eventd than that of the build tree
    std::vector<int> inherited = {};       // ours, which it finds from descriptor 3 on
};

// Two rings and three shards: enough that numbers have several ways to go.
GroupOptions smallGroup();
// Nobody emits, logs or measures but the test, and the store of its health.
GroupOptions withoutSensors();

// The real process group, started as a person would start it, on a folder of the test's.
//
// Owns the supervisor process and reads its stderr on a thread of its own, so that the group never
// waits for us. Destroying it kills whatever is left, and so does the end of the thread that made
// it, however a test ends. Waits are bounded (kReadySeconds, kStopSeconds) and answer false or -1
// past that; nothing sleeps longer than a few milliseconds.
class Group {
  public:
    Group(const StateFolder& state, const GroupOptions& options);
    ~Group();
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    // Waits for the line "eventd: ready".
    bool waitReady();
    // Waits until stderr holds the text; false as soon as nobody is left who could write it.
    bool waitForStderr(const std::string& text, int seconds);

    pid_t pid() const { return pid_; }
    // The pid of a child by program name, -1 when there is none now.
    pid_t childPid(const std::string& program) const;
    // All there are now, in the same order however they were started.
    std::vector<std::pair<std::string, pid_t>> children() const;

    void signal(int number) const;
    // To the child of that name; false when there is none now, or it was gone.
    [[nodiscard]] bool signalChild(const std::string& program, int number) const;
    // Asks for a graceful stop and waits; the exit status, of one that a signal has ended 128 and
    // its number, as shells have it; -1 when it has not ended by then.
    int stop();
    // Waits for the end without asking for it.
    int waitExit(int seconds);

    std::string stderrText() const;

  private:
    void readStderr(base::Fd from);

    pid_t pid_ = -1;
    bool reaped_ = false;
    int exit_status_ = -1;
    mutable std::mutex mutex_;
    std::string stderr_;
    bool is_stderr_closed_ = false;  // by everybody who could write to it
    std::unique_ptr<base::Thread> reader_;
};

inline constexpr int kReadySeconds = 30;
inline constexpr int kStopSeconds = 20;

// The program of that name in the build tree.
std::string programPath(const std::string& name);

// How many files, sockets and the like a process has open; none of one that has gone.
std::optional<size_t> descriptorCount(pid_t pid);

struct CommandResult {
    int status = -1;  // as Group::stop() has it
    std::string output;
    std::string errors;
};

// Runs a command to its end, with that standard input; bounded by timeout_seconds, then killed.
CommandResult runCommand(const std::vector<std::string>& arguments, const std::string& input = "",
                         int timeout_seconds = 60);

}  // namespace evd::test
