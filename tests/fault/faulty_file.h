#pragma once

struct sqlite3_vfs;

namespace evd::test {

// Makes a disk that asks the FaultyVfs about every operation the default of the process; `real`
// does the work.
void installFaultyFiles(sqlite3_vfs& real);

}  // namespace evd::test
