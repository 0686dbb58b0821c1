#include "tests/support/wait_until.h"

#include <poll.h>

namespace evd::test {

void pauseMs(int milliseconds) {
    (void)::poll(nullptr, 0, milliseconds);
}

}  // namespace evd::test
