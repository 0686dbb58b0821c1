// What makes a program count its lines: linked into the programs of the coverage build and into no
// other. Counts are written into a file when a program ends, which no jail of ours would allow, and
// programs of the group end with _exit, which writes none. So the linker's --wrap sends three calls
// here: the jail stays open, a child keeps its parent's place but for its share of a processor, and
// the counts are written before the end. What is not run because of that - the jails themselves -
// tests/sandbox runs.

#include "sandbox/confine.h"
#include "sandbox/supervisor/birth.h"

extern "C" {

void __gcov_dump();
[[noreturn]] void __real__exit(int status);
[[noreturn]] void __wrap__exit(int status);

// evd::sandbox::confine
evd::base::Result<void> __wrap__ZN3evd7sandbox7confineERKNS0_11ConfinementE(
    const evd::sandbox::Confinement& confinement);
// evd::supervisor::takePlace, which the supervisor alone has
[[gnu::weak]] bool __real__ZN3evd10supervisor9takePlaceERKNS0_5BirthE(
    const evd::supervisor::Birth& birth);
bool __wrap__ZN3evd10supervisor9takePlaceERKNS0_5BirthE(const evd::supervisor::Birth& birth);

void __wrap__exit(int status) {
    __gcov_dump();
    __real__exit(status);
}

evd::base::Result<void> __wrap__ZN3evd7sandbox7confineERKNS0_11ConfinementE(
    const evd::sandbox::Confinement& confinement) {
    (void)confinement;
    return {};
}

bool __wrap__ZN3evd10supervisor9takePlaceERKNS0_5BirthE(const evd::supervisor::Birth& birth) {
    evd::supervisor::Birth open;
    open.niceness = birth.niceness;
    return __real__ZN3evd10supervisor9takePlaceERKNS0_5BirthE(open);
}

}  // extern "C"
