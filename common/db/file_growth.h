#pragma once

#include <sys/types.h>
#include <cstddef>

namespace evd::db {

// SQLite grows a file ahead of its use by writing one zero byte into every block behind the end
// that it saw, where it is built without fallocate, as Debian builds it. Another connection,
// another thread's or an administrator's shell, may have put pages there meanwhile: a checkpoint
// does; then those bytes are wrong, and the database is damaged for good. And a checkpoint that has
// moved the whole log cuts the file back to what is committed, although another connection may have
// reserved room behind that for the commit that it is at; where the disk is full by the time that
// its log is to be moved, nothing could ever be written again.
//
// From the first call on such a write allocates the block instead and leaves what is in it, and a
// database becomes no shorter, in the whole process. Any thread; before a database is opened.
void makeFileGrowthSafe();

// What stands in for SQLite's pwrite: as the call of that name, but one zero byte is allocated, not
// written.
ssize_t writeOrAllocate(int file, const void* bytes, size_t size, off_t offset);

// What stands in for SQLite's ftruncate: as the call of that name, but a database that has
// something in it keeps its length when it should become shorter, and not nothing.
int cutOrKeep(int file, off_t size);

}  // namespace evd::db
