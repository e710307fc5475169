package io.vit4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.PredictRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.ProblemType;
import io.vit4j.infer.LabelScore;
import io.vit4j.model.SmallModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scores of a table's pictures are those of {@code predict}. */
class ViTClassificationModelTest {
    private static final String[] LABELS = {"Edema", "Mass", "Nodule"};

    @TempDir
    Path folder;

    private Path tuned;

    @BeforeEach
    void model() {
        tuned = SmallModels.save(folder.resolve("tuned"), ProblemType.MULTI_LABEL, LABELS);
    }

    private ViTClassificationModel loaded() {
        return ViTClassificationModel.of(LocalSpark.session(), tuned.toString()).setLocalDir(folder.toString());
    }

    private static Dataset<Row> files(DrawnPictures drawn) {
        return LocalSpark.session()
                .read()
                .format("binaryFile")
                .load(drawn.folder().resolve("images").toString());
    }

    /** By file name, what predict says. */
    private Map<String, PredictRequest.Scored> predicted(DrawnPictures drawn) {
        Map<String, PredictRequest.Scored> scored = new HashMap<>();
        List<Path> files =
                IntStream.range(0, drawn.count()).mapToObj(drawn::file).toList();
        for (PredictRequest.Scored each : Vit4j.predict(tuned).run(files, Progress.NONE)) {
            scored.put(each.file().getFileName().toString(), each);
        }
        return scored;
    }

    private static void isAsPredicted(
            DrawnPictures drawn, Map<String, PredictRequest.Scored> expected, List<Row> rows) {
        assertThat(rows).hasSize(drawn.count());
        for (Row row : rows) {
            String path = row.getAs("path");
            PredictRequest.Scored alone = expected.get(path.substring(path.lastIndexOf('/') + 1));
            if (alone.fault().isPresent()) {
                assertThat(row.<Object>getAs("scores")).isNull();
                assertThat(row.<Object>getAs("present")).isNull();
                assertThat(row.<String>getAs("fault")).isNotEmpty();
                continue;
            }
            assertThat(row.<Object>getAs("fault")).isNull();
            Map<String, Double> scores = row.getJavaMap(row.fieldIndex("scores"));
            assertThat(scores).containsOnlyKeys(LABELS);
            for (LabelScore score : alone.scores()) {
                assertThat(scores.get(score.label())).isCloseTo(score.score(), within(1e-6));
            }
            assertThat(row.<String>getList(row.fieldIndex("present")))
                    .containsExactlyElementsOf(alone.scores().stream()
                            .filter(LabelScore::present)
                            .map(LabelScore::label)
                            .toList());
        }
    }

    @Test
    void scoresAreThoseOfPredictAndABrokenPictureSpoilsNoOther() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 40, Set.of(3));
        drawn.spoil(5);
        drawn.spoil(30);

        List<Row> rows =
                loaded().setBatchSize(7).transform(files(drawn).repartition(3)).collectAsList();

        isAsPredicted(drawn, predicted(drawn), rows);
        assertThat(rows.stream().filter(row -> row.getAs("fault") != null)).hasSize(2);
    }

    @Test
    @Tag("exhaustive")
    void tenThousandPicturesOfWhichTwentyAreBroken() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 10_000, Set.of(17, 4711));
        for (int i = 0; i < 20; i++) {
            drawn.spoil(i * 499 + 1);
        }

        List<Row> rows = loaded().transform(files(drawn)).drop("content").collectAsList();

        isAsPredicted(drawn, predicted(drawn), rows);
        assertThat(rows.stream().filter(row -> row.getAs("fault") != null)).hasSize(20);
    }

    @Test
    void sqlVectorsPathsAndExplanations() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 4, Set.of());
        drawn.spoil(1);
        Map<String, PredictRequest.Scored> expected = predicted(drawn);
        ViTClassificationModel model = loaded();
        files(drawn).createOrReplaceTempView("pictures");
        model.register(LocalSpark.session(), "vit_predict");

        List<Row> bySql = LocalSpark.session()
                .sql("select path, p.scores, p.fault, map_filter(p.scores, (k, v) -> v >= 0.5) as likely"
                        + " from (select path, vit_predict(content) as p from pictures) order by path")
                .collectAsList();
        List<Row> byPath = model.setInputCol("path")
                .setScoresType("vector")
                .setExplanationCol("where")
                .transform(files(drawn).select("path").orderBy("path"))
                .collectAsList();

        for (int i = 0; i < 4; i++) {
            if (i == 1) {
                assertThat(bySql.get(i).<String>getAs("fault")).isNotEmpty();
                assertThat(byPath.get(i).<String>getAs("fault")).contains("00001.png");
                assertThat(byPath.get(i).<Object>getAs("where")).isNull();
                continue;
            }
            Map<String, Double> scores = bySql.get(i).getJavaMap(1);
            Vector vector = byPath.get(i).getAs("scores");
            Row where = byPath.get(i).getAs("where");
            List<LabelScore> alone = expected.get(DrawnPictures.name(i)).scores();
            for (LabelScore score : alone) {
                assertThat(scores.get(score.label())).isCloseTo(score.score(), within(1e-6));
                assertThat(vector.apply(model.labels().indexOf(score.label()))).isCloseTo(score.score(), within(1e-6));
            }
            assertThat(where.getString(0)).isEqualTo(alone.get(0).label());
            assertThat(where.getList(3)).hasSize(where.getInt(1) * where.getInt(2));
        }
    }

    @Test
    void picturesThatSparkHasDecodedHaveTheScoresOfTheirFiles() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 6, Set.of(3));
        drawn.spoil(5);
        Dataset<Row> decoded = LocalSpark.session()
                .read()
                .format("image")
                .option("dropInvalid", false)
                .load(drawn.folder().resolve("images").toString())
                .select(functions.col("image.origin").as("path"), functions.col("image"));
        ViTClassificationModel model = loaded().setInputCol("image");
        decoded.createOrReplaceTempView("decoded");
        model.register(LocalSpark.session(), "vit_predict");

        List<Row> rows = model.transform(decoded).orderBy("path").collectAsList();
        List<Row> bySql = LocalSpark.session()
                .sql("select p.scores, p.fault from (select path, vit_predict(image) as p from decoded) order by path")
                .collectAsList();

        isAsPredicted(drawn, predicted(drawn), rows);
        assertThat(rows.get(5).<String>getAs("fault")).endsWith("00005.png: Spark's image source could not decode it");
        for (int i = 0; i < 5; i++) {
            Map<String, Double> inTable = rows.get(i).getJavaMap(rows.get(i).fieldIndex("scores"));
            bySql.get(i)
                    .<String, Double>getJavaMap(0)
                    .forEach((label, score) -> assertThat(score).isCloseTo(inTable.get(label), within(1e-6)));
        }
        assertThat(bySql.get(5).getString(1)).endsWith("Spark's image source could not decode it");
    }

    @Test
    void aPipelineIsSavedWithItsModel() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 6, Set.of());
        Dataset<Row> table = files(drawn);
        PipelineModel pipeline = new Pipeline()
                .setStages(new PipelineStage[] {loaded().setScoresCol("findings")})
                .fit(table);

        pipeline.write().save(folder.resolve("saved").toString());
        PipelineModel again = PipelineModel.load(folder.resolve("saved").toString());

        assertThat(((ViTClassificationModel) again.stages()[0]).folder()).contains("saved/stages");
        Map<String, PredictRequest.Scored> expected = predicted(drawn);
        for (Row row : again.transform(table).select("path", "findings").collectAsList()) {
            String path = row.getString(0);
            Map<String, Double> scores = row.getJavaMap(1);
            for (LabelScore score :
                    expected.get(path.substring(path.lastIndexOf('/') + 1)).scores()) {
                assertThat(scores.get(score.label())).isCloseTo(score.score(), within(1e-6));
            }
        }
    }

    @Test
    void wrongColumnsAreNamed() throws IOException {
        Dataset<Row> table = LocalSpark.session().range(3).toDF();

        assertThatThrownBy(() -> loaded().transform(table))
                .isInstanceOf(InputException.class)
                .hasMessage("inputCol content: the table has no such column, but id");
        assertThatThrownBy(() -> loaded().setInputCol("id").transform(table))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("must be binary");
    }
}
