extension FindingCode {
    /// How much such a finding weighs unless its circumstances say otherwise.
    public var severity: Severity { entry.severity }
    /// What the code stands for, in one or two sentences.
    public var meaning: String { entry.meaning }
    /// What to do about it.
    public var fix: String { entry.fix }
    /// The heading under which the catalogue lists it.
    public var group: String { entry.group }

    private var entry: (group: String, severity: Severity, meaning: String, fix: String) {
        treeEntry ?? fileEntry ?? geometryEntry ?? valueEntry ?? agreementEntry ?? betweenCasesEntry
    }

    private var treeEntry: (String, Severity, String, String)? {
        let group = "Folder tree"
        return switch self {
        case .missingImage:
            (
                group, .error,
                "A label without its image, or an image that the dataset's list names and the folder lacks.",
                "Fetch the image, or take the case off the list."
            )
        case .missingLabel:
            (
                group, .error, "An image of a labelled part without its label.",
                "Fetch the label, or move the image to the unlabelled part."
            )
        case .missingMap: (group, .error, "One of the probability maps of a case is absent.", "Fetch the missing map.")
        case .duplicateCase: (group, .error, "One case is found in two places.", "Keep one of the two.")
        case .misnamedFile: (group, .warning, "A file that is not named as the layout wants.", "Rename or remove it.")
        case .unlistedFile:
            (
                group, .warning, "An image on disk that the dataset's own list does not name.",
                "Add it to the list, or remove it."
            )
        case .countMismatch:
            (
                group, .warning, "A number that the dataset's own list states and its entries contradict.",
                "Correct the list."
            )
        case .unreadableMetadata:
            (
                group, .error, "A list, table or description file that is absent or cannot be understood.",
                "Fetch it again or correct it."
            )
        case .unreadableFile:
            (group, .error, "A file or folder that cannot be opened or read.", "Check its permissions and the disk.")
        case .unsafePath:
            (
                group, .error, "A path in the dataset's list that leads out of its folder.",
                "Correct the list; such a file is never read."
            )
        case .unknownFrames:
            (
                group, .error, "A four-dimensional case whose labelled frames cannot be told.",
                "Complete the table of frames."
            )
        case .unsupportedVariant:
            (
                group, .error, "A file of another release or variant that is deliberately not read.",
                "Fetch the variant that the manifest describes."
            )
        case .junkFile:
            (
                group, .information, "A file left behind by an archiver (`._*`, `__MACOSX`). It is never read.",
                "Delete it."
            )
        case .extraFile:
            (
                group, .information, "A NIfTI file that belongs to no case. It is decoded and checked all the same.",
                "Check whether it is meant to be here."
            )
        case .linkOutsideSource:
            (
                group, .information, "Symbolic links that lead out of the folder. They are followed.",
                "Nothing where you placed them. In a tree from elsewhere check what they lead to."
            )
        default: nil
        }
    }

    private var fileEntry: (String, Severity, String, String)? {
        let group = "Bytes and header"
        return switch self {
        case .truncatedGzip: (group, .error, "A gzip file that ends before its stream does.", "Fetch the file again.")
        case .corruptGzip:
            (
                group, .error, "A gzip file whose data, checksum (CRC-32) or length is wrong: a flipped bit is enough.",
                "Fetch the file again."
            )
        case .trailingBytes:
            (
                group, .error, "Something other than zero padding after the end of the gzip data.",
                "Fetch the file again, or cut the bytes off."
            )
        case .truncatedFile: (group, .error, "Fewer voxel bytes than the header promises.", "Fetch the file again.")
        case .excessBytes:
            (
                group, .warning, "More bytes than the header promises. Readers ignore them.",
                "Check the header's sizes against the source."
            )
        case .misleadingName:
            (
                group, .error, "A name that says compressed where the content is not, or the other way round.",
                "Rename the file."
            )
        case .invalidHeader:
            (
                group, .error, "Not a NIfTI file, or one whose header is cut, of another format, or beyond the limits.",
                "Convert or fetch the file again."
            )
        case .invalidDimensions:
            (group, .error, "Sizes (dim) that are zero, negative or too many.", "Correct the header from the source.")
        case .invalidDatatype:
            (
                group, .error, "A voxel type that is unknown, unsupported, or contradicts bitpix.",
                "Convert the file to a plain scalar type."
            )
        case .invalidVoxelOffset:
            (group, .error, "A vox_offset inside the header or beyond the file.", "Correct the header.")
        case .invalidScaling: (group, .error, "A scl_slope with an unusable scl_inter.", "Correct the header.")
        case .invalidGeometry:
            (group, .error, "An affine or quaternion that is singular or not finite.", "Correct the sform or qform.")
        case .wrongUnits:
            (
                group, .warning, "A header whose unit of length is not the millimetre.",
                "Convert the geometry to millimetres."
            )
        default: nil
        }
    }

    private var geometryEntry: (String, Severity, String, String)? {
        let group = "Geometry"
        return switch self {
        case .shapeMismatch:
            (
                group, .error, "Image and label have different sizes.",
                "Find the label's image, or resample the label by nearest neighbour."
            )
        case .spacingMismatch:
            (group, .error, "Image and label have different voxel sizes.", "Copy the geometry of whichever is right.")
        case .originMismatch:
            (
                group, .error, "Image and label have the same shape and voxel size but lie at different places.",
                "Copy the image's geometry to the label when their voxels match one to one."
            )
        case .orientationMismatch:
            (
                group, .error, "The axes of image and label point in different directions.",
                "Copy the image's geometry to the label when their voxels match one to one."
            )
        case .labelGeometryIgnored:
            (
                group, .information,
                "The label's header differs from the image's; the manifest says that only the image's counts.",
                "Nothing: the image's geometry is used."
            )
        case .identityAffine:
            (
                group, .error,
                "The header says 1 mm voxels at the origin, as converters write when they have lost the geometry, unlike the rest of the dataset.",
                "Restore the geometry from the source."
            )
        case .shearedAffine:
            (
                group, .warning, "Axes that are not at right angles.",
                "Check whether a gantry tilt or a faulty conversion is the reason."
            )
        case .formsDisagree:
            (
                group, .warning, "sform and qform of one file place it differently. The sform is used.",
                "Decide which is right and clear the other's code."
            )
        case .implausibleSpacing:
            (group, .warning, "A voxel size or extent that no scanner makes of a patient.", "Check the unit of length.")
        case .spacingCorrected:
            (
                group, .information, "A voxel size known to be wrong, replaced by the manifest's.",
                "Nothing: the manifest's value is used."
            )
        case .spacingNotAsListed:
            (
                group, .information,
                "Headers with other voxel sizes than the dataset's own table states. A warning when they differ along the slices.",
                "Check which release or copy this is."
            )
        default: nil
        }
    }

    private var valueEntry: (String, Severity, String, String)? {
        let group = "Values"
        return switch self {
        case .notANumber:
            (
                group, .error, "Voxels that are not numbers (NaN).",
                "Repair or leave out the case; most readers pass NaN on or zero it silently."
            )
        case .infiniteValue: (group, .error, "Voxels that are infinite.", "Repair or leave out the case.")
        case .constantImage: (group, .error, "An image with one value everywhere.", "Fetch the image again.")
        case .hounsfieldOffset:
            (
                group, .error,
                "A CT image whose soft tissue lies about 1024 above its place: stored values without the rescale intercept.",
                "Subtract 1024, or set scl_inter to -1024."
            )
        case .wrongModality:
            (
                group, .error,
                "Intensities that do not fit the modality: no CT values in a CT case, or a CT scale elsewhere.",
                "Check which image this is."
            )
        case .unknownLabel:
            (group, .error, "Label values that the table does not list.", "Correct the labels or the table.")
        case .fractionalLabel:
            (
                group, .error, "Label values that are not whole: a label map that was interpolated.",
                "Resample from the original by nearest neighbour."
            )
        case .negativeLabel: (group, .error, "Label values below 0.", "Correct the labels.")
        case .nonFiniteLabel: (group, .error, "Label values that are not numbers or infinite.", "Correct the labels.")
        case .probabilityOutOfRange:
            (group, .error, "A probability map with values outside 0 to 1.", "Check the map's scaling.")
        case .emptyLabel:
            (
                group, .error, "A label map without a single labelled voxel.",
                "Fetch the label again, or list the case as unlabelled."
            )
        case .missingClass:
            (
                group, .information,
                "A class that this case lacks. A warning when all comparable cases have it, it should be in view, and the manifest does not list it among those that may be absent.",
                "Check whether the structure was forgotten."
            )
        case .labelSpeck:
            (
                group, .information,
                "A class with stray pieces of one or two voxels apart from its main body, which is at least a hundred times as large.",
                "Remove the stray voxels if they are slips."
            )
        case .oddLabelType:
            (
                group, .information,
                "Labels stored as floating-point numbers, though all whole. A warning when the dataset's other labels are integers.",
                "Store labels as unsigned bytes."
            )
        default: nil
        }
    }

    private var agreementEntry: (String, Severity, String, String)? {
        let group = "Labels against image and anatomy"
        return switch self {
        case .shiftedLabel:
            (
                group, .error, "The label fits the image much better when moved by some voxels.",
                "Restore the label's alignment from the source."
            )
        case .flippedLabel:
            (group, .error, "The label fits the image much better when mirrored.", "Mirror the label back.")
        case .swappedLabels:
            (group, .error, "Two cases whose labels fit each other's images.", "Exchange the two labels.")
        case .disagreeingLabel:
            (
                group, .warning, "The label explains the image far worse than in the dataset's other cases.",
                "Look at the case."
            )
        case .labelInAir:
            (
                group, .warning, "A class nearly all of whose voxels lie in air, though its structure holds none.",
                "Check the label's place and geometry."
            )
        case .leftRightFlip:
            (
                group, .error, "The organs lie on the wrong sides of the body by the affine.",
                "Correct the affine's left-right direction."
            )
        case .frontBackFlip:
            (
                group, .error, "Front organs lie behind and back organs in front by the affine.",
                "Correct the affine's front-back direction."
            )
        case .upsideDown:
            (group, .error, "The organs lie upside down by the affine.", "Correct the affine's vertical direction.")
        case .swappedPair:
            (
                group, .error, "Left and right of one pair are exchanged while the other organs are in place.",
                "Exchange the two label values."
            )
        case .wrongSide:
            (
                group, .warning, "An organ lies on the side of the body where it is in hardly anybody.",
                "Check the orientation and the labels."
            )
        case .implausibleVolume:
            (
                group, .warning,
                "A class far larger than the organ can be, or far smaller though it is wholly in view.",
                "Check the voxel size and the labels."
            )
        default: nil
        }
    }

    private var betweenCasesEntry: (String, Severity, String, String) {
        switch self {
        case .duplicateImage:
            ("Between cases", .error, "Two cases whose images have the same voxels.", "Keep one of the two.")
        case .nearDuplicateImage:
            (
                "Between cases", .warning,
                "Two cases whose images are most likely the same scan: rescaled, mirrored, cropped, resampled or re-encoded.",
                "Keep one of the two, at least within one split."
            )
        case .duplicateLabel:
            (
                "Between cases", .error, "Two cases whose labels are the same though their images differ.",
                "Find the right label for each."
            )
        case .subjectInTwoSplits:
            (
                "Splits", .error, "A patient, or one scan under two names, in more than one split.",
                "Move all of a patient's cases to one split."
            )
        case .splitSum:
            (
                "Splits", .information,
                "How the subjects of this copy divide among the splits, and that no subject is shared.", "Nothing."
            )
        case .unassignedSubject:
            (
                "Splits", .information, "Labelled subjects that the split lists do not name.",
                "Assign them if they are to be used."
            )
        case .incompleteCopy:
            (
                "Splits", .information, "Fewer or more cases than a complete copy of the release has.",
                "Fetch the rest if a complete copy is wanted."
            )
        case .changedVoxels:
            (
                "Lock file", .error, "Voxels that differ from those recorded in the lock file.",
                "Fetch the file again, or write a new lock file if the change is meant."
            )
        case .changedFile:
            (
                "Lock file", .warning,
                "A file with other bytes than recorded but the same voxels: recompressed, or another header.",
                "Write a new lock file if the change is meant."
            )
        case .lockedFileMissing:
            ("Lock file", .error, "A file that the lock file names and the tree lacks.", "Fetch the file.")
        case .unlockedFile:
            (
                "Lock file", .warning, "A file that the lock file does not name.",
                "Write a new lock file if the file is meant to be here."
            )
        default:
            (
                "The audit itself", .error, "A check that failed on this case; the others went on.",
                "Report this with the case."
            )
        }
    }
}
