#pragma once

#include <sys/types.h>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace evd::queryd {

// How far a streaming question has read each database (Spec §8.7, Ruling Q11).
//
// Ids grow within a database in the order of its commits, so what is new is what has a greater id
// than the cursor: nothing is lost and nothing comes twice, whatever is committed meanwhile. A
// database is known by its inode, because quarantine renames files (Ruling S6); one that appears
// later is new from its first record, because ids are global and never come again (Ruling S1). A
// database that was there at the beginning but could not be read is taken up at its end when it can
// be. A value of one question's thread.
class StreamCursors {
  public:
    // A database of the initial result and the greatest id that this result has covered; nothing
    // when it could not be read.
    void noteInitial(dev_t device, ino_t inode, std::optional<int64_t> last_id);

    // Where to go on: after which id. Nothing: at the present end of the database.
    std::optional<int64_t> afterId(dev_t device, ino_t inode) const;

    // Everything up to this id has been sent or was not wanted.
    void advance(dev_t device, ino_t inode, int64_t id);

  private:
    std::map<std::pair<dev_t, ino_t>, std::optional<int64_t>> cursors_;
};

}  // namespace evd::queryd
