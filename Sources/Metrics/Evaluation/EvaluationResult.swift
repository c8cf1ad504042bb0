/// What `iris evaluate` found: every score of every query, what it cost, and what it all came from.
public struct EvaluationResult: Sendable, Codable, Equatable {
    /// The format of results.
    public static let currentFormat = "iris-evaluation-2"

    /// The format of this result.
    public var format = currentFormat
    /// What the result was made from.
    public var provenance: EvaluationProvenance
    /// What the result was made by.
    public var settings: Settings
    /// The classes scored, by dataset and value.
    public var classes: [ClassName]
    /// Every segmentation with its scores.
    public var runs: [Run]
    /// Means over ``runs``.
    public var rows: [EvaluationRow]
    /// The time that each strategy took.
    public var costs: [Cost]
    /// The segmentations that could not be made; no score knows of them.
    public var failures: [Failure]
    /// Task embeddings in the plane; `nil` when none were kept.
    public var map: EmbeddingMap?

    public init(
        provenance: EvaluationProvenance, settings: Settings, classes: [ClassName], runs: [Run], costs: [Cost],
        failures: [Failure] = [], map: EmbeddingMap?
    ) {
        (self.provenance, self.settings, self.classes) = (provenance, settings, classes)
        (self.runs, self.costs, self.failures, self.map) = (runs, costs, failures, map)
        rows = EvaluationRow.rows(of: runs, classes: classes)
    }

    /// How it was measured.
    public struct Settings: Sendable, Codable, Equatable {
        /// The split of the queries.
        public var split: String
        /// References per class and repeat, and how often they were drawn anew.
        public var references, repeats: Int
        /// The seed of the draws.
        public var seed: UInt64
        /// The grid that scores were computed on: `store`, that of the prepared label maps.
        public var grid: String
        /// Of surface Dice, in mm.
        public var tolerance: Double
        /// What empty masks count.
        public var policy: EmptyMaskPolicy
        /// Which weights of the checkpoint were used: `average` or `last`.
        public var weights: String
        /// How many embeddings the retrievals averaged.
        public var neighbours: Int
        /// The list of splits, and its parts that gave references.
        public var list: String
        /// Parts that gave references.
        public var referenceSplits: [String]

        public init(
            split: String, references: Int, repeats: Int, seed: UInt64, grid: String, tolerance: Double,
            policy: EmptyMaskPolicy, weights: String, neighbours: Int, list: String, referenceSplits: [String]
        ) {
            (self.split, self.references, self.repeats, self.seed) = (split, references, repeats, seed)
            (self.grid, self.tolerance, self.policy) = (grid, tolerance, policy)
            (self.weights, self.neighbours) = (weights, neighbours)
            (self.list, self.referenceSplits) = (list, referenceSplits)
        }
    }

    /// A class of a dataset by its name.
    public struct ClassName: Sendable, Codable, Hashable {
        /// The dataset's name.
        public let dataset: String
        /// The label value in the dataset.
        public let value: UInt8
        /// The class's name in the dataset.
        public let name: String

        public init(dataset: String, value: UInt8, name: String) {
            (self.dataset, self.value, self.name) = (dataset, value, name)
        }
    }

    /// One query segmented with one strategy and one choice of references.
    public struct Run: Sendable, Codable, Equatable {
        /// The strategy's name.
        public let strategy: String
        /// From 0; strategies without references have only repeat 0.
        public let `repeat`: Int
        /// The query's dataset and name.
        public let dataset, name: String
        /// The time that segmenting took, without encoding references.
        public let seconds: Double
        /// Of every class of the dataset, by rising value.
        public let metrics: [ClassMetrics]
        /// The predicted label map below the result's folder, and its SHA-256; `nil` when not kept.
        public let prediction: FileDigest?

        public init(
            strategy: String, repeat: Int, dataset: String, name: String, seconds: Double, metrics: [ClassMetrics],
            prediction: FileDigest?
        ) {
            (self.strategy, self.repeat, self.dataset, self.name) = (strategy, `repeat`, dataset, name)
            (self.seconds, self.metrics, self.prediction) = (seconds, metrics, prediction)
        }
    }

    /// A segmentation that could not be made, and why.
    public struct Failure: Sendable, Codable, Equatable {
        /// The strategy's name.
        public let strategy: String
        /// Which of the repeated draws it is, counted from 0.
        public let `repeat`: Int
        /// The query, and why it has no score.
        public let dataset, name, problem: String

        public init(strategy: String, repeat: Int, dataset: String, name: String, problem: String) {
            (self.strategy, self.repeat, self.dataset, self.name) = (strategy, `repeat`, dataset, name)
            self.problem = problem
        }
    }

    /// What one strategy took.
    public struct Cost: Sendable, Codable, Equatable {
        /// The strategy's name.
        public let strategy: String
        /// References encoded and the time that this and all other work before the first query took.
        public let encodings: Int
        /// Seconds before the first query.
        public let preparationSeconds: Double
        /// The number of queries.
        public let queries: Int
        /// The mean time of a query.
        public let secondsPerQuery: Double

        public init(
            strategy: String, encodings: Int, preparationSeconds: Double, queries: Int, secondsPerQuery: Double
        ) {
            (self.strategy, self.encodings, self.preparationSeconds) = (strategy, encodings, preparationSeconds)
            (self.queries, self.secondsPerQuery) = (queries, secondsPerQuery)
        }
    }

    /// The task embeddings of references, projected onto their first two principal components.
    public struct EmbeddingMap: Sendable, Codable, Equatable {
        /// One reference of one class.
        public struct Point: Sendable, Codable, Equatable {
            /// The reference's dataset and name.
            public let dataset, name: String
            /// The label value in the dataset.
            public let value: UInt8
            /// Its place in the plane.
            public let x, y: Double

            public init(dataset: String, name: String, value: UInt8, x: Double, y: Double) {
                (self.dataset, self.name, self.value, self.x, self.y) = (dataset, name, value, x, y)
            }
        }
        /// The points of all references and classes.
        public let points: [Point]
        /// The share of the variance along each of the two axes.
        public let explained: [Double]

        public init(points: [Point], explained: [Double]) { (self.points, self.explained) = (points, explained) }
    }
}

/// A file that took part in a result, told by its content.
public struct FileDigest: Sendable, Codable, Hashable {
    /// The file's path when the result was made.
    public let path: String
    /// SHA-256 of its bytes, hexadecimal.
    public let digest: String

    public init(path: String, digest: String) { (self.path, self.digest) = (path, digest) }
}
