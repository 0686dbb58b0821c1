#pragma once

#include "sandbox/supervisor/identity.h"
#include "sandbox/supervisor/private_view.h"

#include <optional>
#include <vector>

namespace evd::supervisor {

// What the kernel lets us take away from a program by namespaces of its own.
struct Namespaces {
    bool network = false;  // no interface, no address, no abstract socket of the host
    bool ipc = false;      // no shared memory segments and message queues
    bool proc = false;     // a /proc that shows nothing but the program itself
    bool user = false;     // the first two need one, because we are not root
};

// What a program is and sees from its birth on, before its own code runs.
struct Birth {
    std::optional<Identity> identity;  // nothing: the user that we are
    Namespaces namespaces;
    std::vector<ViewStep> view;  // with namespaces.proc only, which brings the mounts of its own
    int kept_capability = -1;    // kept over the change of user
    int expendability = 0;       // oom_score_adj
    int niceness = 0;            // added to ours
    int threads_max = 0;         // RLIMIT_NPROC, which counts by user; 0 where the user has others
};

// Tries each in a child that ends at once; what fails there is left out for everybody. Called once,
// before the first thread.
Namespaces availableNamespaces();

// What of it a program gets: without root, one that reads ids keeps those of the host and so goes
// without all of them. Pure.
Namespaces namespacesFor(const ProgramSpec& spec, const Namespaces& available);

// Puts the calling process into its place, between fork and exec: nothing but system calls. False
// when a step fails that was said to work; the process must end then.
bool takePlace(const Birth& birth);

}  // namespace evd::supervisor
