import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams: bootstrap input output application task(pass|zscore) guarantee(alos|eos) reset(earliest|latest)
 * folder store(memory|rocksdb). Runs until SIGTERM.
 */
public final class StreamsPeer {
    static final int WINDOW = 100;
    static final String STORE = "windows";

    public static final class Bar {
        public String symbol, interval;
        public long ts;
        public double open, high, low, close, volume;

        boolean consistent() {
            return low <= Math.min(open, close) && Math.max(open, close) <= high && volume >= 0;
        }
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class Checked {
        public String symbol;
        public long ts;
        public double close;
        public boolean ok;
        public Double z;

        Checked(Bar bar) {
            symbol = bar.symbol;
            ts = bar.ts;
            close = bar.close;
            ok = bar.consistent();
        }
    }

    /** One symbol's window as bytes: count, place of the oldest, sum, sum of squares, ring of closes. */
    static final class Window {
        static final int COUNT = 0, OLDEST = 4, SUM = 8, SQUARES = 16, RING = 24, SIZE = RING + 8 * WINDOW;

        static double add(ByteBuffer b, double x) {
            int n = b.getInt(COUNT), at = b.getInt(OLDEST);
            double sum = b.getDouble(SUM) + x, squares = b.getDouble(SQUARES) + x * x;
            if (n == WINDOW) {
                double old = b.getDouble(RING + 8 * at);
                sum -= old;
                squares -= old * old;
            } else {
                n++;
            }
            b.putDouble(RING + 8 * at, x);
            b.putInt(COUNT, n).putInt(OLDEST, (at + 1) % WINDOW).putDouble(SUM, sum).putDouble(SQUARES, squares);
            double mean = sum / n, variance = squares / n - mean * mean;
            return variance > 1e-12 ? (x - mean) / Math.sqrt(variance) : 0.0;
        }
    }

    static final class Check implements Processor<byte[], byte[], byte[], byte[]> {
        private static final JsonMapper JSON = JsonMapper.builder().build();
        private final ObjectReader reader = JSON.readerFor(Bar.class);
        private final ObjectWriter writer = JSON.writerFor(Checked.class);
        private final boolean rolling;
        private ProcessorContext<byte[], byte[]> context;
        private KeyValueStore<String, byte[]> windows;

        Check(boolean rolling) {
            this.rolling = rolling;
        }

        @Override
        public void init(ProcessorContext<byte[], byte[]> given) {
            context = given;
            if (rolling) windows = given.getStateStore(STORE);
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            try {
                Bar bar = reader.readValue(record.value());
                Checked checked = new Checked(bar);
                if (rolling) checked.z = zScore(bar);
                context.forward(record.withValue(writer.writeValueAsBytes(checked)));
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }

        private double zScore(Bar bar) {
            byte[] before = windows.get(bar.symbol);
            // A store's value must not change in place: the cache and the changelog may still hold it.
            byte[] window = before == null ? new byte[Window.SIZE] : before.clone();
            double z = Window.add(ByteBuffer.wrap(window), bar.close);
            windows.put(bar.symbol, window);
            return z;
        }
    }

    static Topology topology(String input, String output, boolean rolling, boolean memory) {
        Serde<byte[]> bytes = Serdes.ByteArray();
        Topology topology = new Topology();
        topology.addSource("bars", bytes.deserializer(), bytes.deserializer(), input);
        topology.addProcessor("check", () -> new Check(rolling), "bars");
        if (rolling) {
            KeyValueBytesStoreSupplier store =
                memory ? Stores.inMemoryKeyValueStore(STORE) : Stores.persistentKeyValueStore(STORE);
            topology.addStateStore(
                Stores.keyValueStoreBuilder(store, Serdes.String(), bytes).withCachingEnabled(), "check");
        }
        topology.addSink("checked", output, bytes.serializer(), bytes.serializer(), "check");
        return topology;
    }

    static Properties properties(String[] a, boolean memory) {
        Properties p = new Properties();
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, a[0]);
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, a[3]);
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
            a[5].equals("eos") ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        p.put(StreamsConfig.STATE_DIR_CONFIG, a[7]);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), a[6]);
        if (memory) { // the tuned one; the other keeps every default
            p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
            p.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 64L << 20);
            p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5_000);
            p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
        }
        return p;
    }

    public static void main(String[] a) throws InterruptedException {
        boolean memory = a[8].equals("memory");
        KafkaStreams streams =
            new KafkaStreams(topology(a[1], a[2], a[4].equals("zscore"), memory), properties(a, memory));
        CountDownLatch ended = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            ended.countDown();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
        streams.start();
        ended.await();
        System.exit(1);
    }

    private StreamsPeer() {}
}
