// Serves MongoDB's wire protocol from mongo-java-server with its H2 backend: a stand-in, not MongoDB.
// Compiled and started by scripts/parts: MongoServer PORT FILE
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.h2.mvstore.MVStore;

public final class MongoServer {
  // By itself the store writes once a second, so a killed server would lose writes that it acknowledged. Here an
  // answer waits until its write is in the file; writers that wait at the same time share one commit. The file is
  // not synced: what is acknowledged survives the process, not the machine, as with MongoDB's w:1.
  private static final class CommittingBackend extends H2Backend {
    private static final Set<String> WRITES =
        Set.of("insert", "update", "delete", "findAndModify", "findandmodify", "create", "drop", "dropDatabase",
            "createIndexes", "dropIndexes", "deleteIndexes", "renameCollection");

    private final ReentrantReadWriteLock writing = new ReentrantReadWriteLock(true);
    private final Object committing = new Object();
    private final AtomicLong written = new AtomicLong();
    private long committed;

    CommittingBackend(MVStore store) {
      super(store);
    }

    @Override
    public Document handleMessage(MongoMessage message) {
      // The command is the first key of the document.
      if (!WRITES.contains(message.getDocument().keySet().iterator().next())) return super.handleMessage(message);
      Document reply;
      long ticket;
      // Shared, so that no commit cuts a write in half, between a document and its index.
      writing.readLock().lock();
      try {
        reply = super.handleMessage(message);
        ticket = written.incrementAndGet();
      } finally {
        writing.readLock().unlock();
      }
      commitUpTo(ticket);
      return reply;
    }

    private void commitUpTo(long ticket) {
      synchronized (committing) {
        if (committed >= ticket) return;
        writing.writeLock().lock();
        try {
          committed = written.get();
          commit();
        } finally {
          writing.writeLock().unlock();
        }
      }
    }
  }

  public static void main(String[] arguments) {
    // The store's own thread still tidies the file; it finds something to commit only where we have not yet.
    MVStore store = new MVStore.Builder().fileName(arguments[1]).autoCommitBufferSize(0).open();
    store.setAutoCommitDelay(10_000);
    // Else every commit would keep the chunk that it replaced for 45 seconds, and the file would grow by gigabytes.
    store.setRetentionTime(1_000);
    var server = new de.bwaldvogel.mongo.MongoServer(new CommittingBackend(store));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
    System.err.println("serving " + arguments[1] + " on 127.0.0.1:" + arguments[0]);
  }
}
